-- Keys compare byte by byte (utf8mb4_nopad_bin): "Key" is not "key", and "key" is not "key ".

-- Payment ids are handed out in blocks: a service takes one value and owns the 1,000 ids from it on.
CREATE SEQUENCE payment_id_block START WITH 100000 INCREMENT BY 1000 NOCACHE;

CREATE TABLE payment (
  payment_id      BIGINT       NOT NULL PRIMARY KEY,
  merchant_id     VARCHAR(32)  NOT NULL,
  amount          BIGINT       NOT NULL CHECK (amount > 0),
  currency        CHAR(3)      NOT NULL,
  status          VARCHAR(20)  NOT NULL CHECK (status IN (
                    'AUTHORIZED', 'CAPTURE_REQUESTED', 'CAPTURED', 'CAPTURE_FAILED',
                    'REFUND_REQUESTED', 'REFUNDED', 'REFUND_FAILED')),
  idempotency_key VARCHAR(64)  NOT NULL,
  approval_number VARCHAR(64)  NOT NULL,
  requested_at    DATETIME(6)  NOT NULL,
  updated_at      DATETIME(6)  NOT NULL,
  UNIQUE KEY uq_payment_idempotency (merchant_id, idempotency_key),
  KEY ix_payment_newest (merchant_id, requested_at, payment_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

-- One row is one transfer between two accounts; at most one capture and one refund per payment.
CREATE TABLE ledger_entry (
  entry_id       BIGINT      NOT NULL AUTO_INCREMENT PRIMARY KEY,
  payment_id     BIGINT      NOT NULL,
  entry_type     VARCHAR(8)  NOT NULL CHECK (entry_type IN ('CAPTURE', 'REFUND')),
  debit_account  VARCHAR(32) NOT NULL,
  credit_account VARCHAR(32) NOT NULL CHECK (credit_account <> debit_account),
  amount         BIGINT      NOT NULL CHECK (amount > 0),
  currency       CHAR(3)     NOT NULL,
  occurred_at    DATETIME(6) NOT NULL,
  event_id       BIGINT      NOT NULL,
  traceparent    CHAR(55)    NULL,
  request_id     VARCHAR(64) NULL,
  UNIQUE KEY uq_ledger_entry (payment_id, entry_type)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

-- The transactional outbox. ix_outbox_hot serves the relay: equality on the first three columns and
-- the order on the fourth, so neither published nor parked rows slow it down.
CREATE TABLE outbox_event (
  event_id       BIGINT       NOT NULL AUTO_INCREMENT PRIMARY KEY,
  aggregate_type VARCHAR(16)  NOT NULL DEFAULT 'PAYMENT',
  aggregate_id   BIGINT       NOT NULL,
  event_type     VARCHAR(64)  NOT NULL,
  payload        JSON         NOT NULL,
  source         VARCHAR(32)  NOT NULL,
  traceparent    CHAR(55)     NULL,
  request_id     VARCHAR(64)  NULL,
  published      TINYINT      NOT NULL DEFAULT 0,
  parked         TINYINT      NOT NULL DEFAULT 0,
  slice          TINYINT AS (aggregate_id % 8) PERSISTENT,
  attempts       INT          NOT NULL DEFAULT 0,
  last_error     VARCHAR(500) NULL,
  created_at     DATETIME(6)  NOT NULL,
  published_at   DATETIME(6)  NULL,
  KEY ix_outbox_hot (published, parked, slice, event_id),
  KEY ix_outbox_aggregate (aggregate_id, event_id),
  KEY ix_outbox_published_at (published_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

-- The events that a consumer has applied: written in the transaction of their effect.
CREATE TABLE inbox_event (
  consumer    VARCHAR(32) NOT NULL,
  event_id    BIGINT      NOT NULL,
  received_at DATETIME(6) NOT NULL,
  PRIMARY KEY (consumer, event_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

CREATE TABLE settlement_request (
  payment_id     BIGINT       NOT NULL PRIMARY KEY,
  status         VARCHAR(8)   NOT NULL CHECK (status IN ('PENDING', 'SUCCESS', 'FAILED')),
  transaction_id VARCHAR(64)  NULL,
  answer         VARCHAR(500) NULL,
  retry_count    INT          NOT NULL DEFAULT 0,
  requested_at   DATETIME(6)  NOT NULL,
  completed_at   DATETIME(6)  NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

CREATE TABLE refund_request LIKE settlement_request;

ALTER TABLE refund_request ADD COLUMN reason VARCHAR(128) NULL;

-- The stored answer of each idempotency key, returned byte for byte.
CREATE TABLE idem_response_cache (
  merchant_id     VARCHAR(32) NOT NULL,
  idempotency_key VARCHAR(64) NOT NULL,
  request_hash    BINARY(32)  NOT NULL,
  http_status     SMALLINT    NOT NULL,
  response_body   TEXT        NOT NULL,
  created_at      DATETIME(6) NOT NULL,
  PRIMARY KEY (merchant_id, idempotency_key)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;

-- Scratch rows of `paystack health`: a write and a read that touch no payment.
CREATE TABLE health_probe (
  probe      VARCHAR(64) NOT NULL PRIMARY KEY,
  written_at DATETIME(6) NOT NULL
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin;
