-- One new payment a request. KEY_PREFIX makes the keys of a run its own; each thread has its number.
-- With ACCEPTED_FILE every payment id of a 200 is written there, one a line.
local threads = 0
function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

local accepted
local asked = 0
function init()
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  local path = os.getenv("ACCEPTED_FILE")
  if path then
    accepted = assert(io.open(path .. "." .. number, "w"))
    response = function(status, _, body)
      if status == 200 then
        accepted:write(string.match(body, '"paymentId":(%d+)'), "\n")
        accepted:flush()
      end
    end
  end
end

local prefix = os.getenv("KEY_PREFIX") or "key"
function request()
  asked = asked + 1
  local key = string.format("%s-%d-%d", prefix, number, asked)
  return wrk.format(nil, nil, nil,
    '{"merchantId":"BENCH","amount":1000,"currency":"KRW","idempotencyKey":"' .. key .. '"}')
end
