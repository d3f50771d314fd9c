#!/bin/bash
# Fills in the templates, then becomes nginx. As in the official image, only variables that are set are
# replaced, NGINX_ENVSUBST_FILTER narrows them by a pattern, and NGINX_ENVSUBST_OUTPUT_DIR says where to.
set -euo pipefail

readonly templates=${NGINX_ENVSUBST_TEMPLATE_DIR:-/etc/nginx/templates}
readonly suffix=${NGINX_ENVSUBST_TEMPLATE_SUFFIX:-.template}
readonly output=${NGINX_ENVSUBST_OUTPUT_DIR:-/etc/nginx/conf.d}

set_variables() {
  compgen -e | grep -E "${NGINX_ENVSUBST_FILTER:-}" | sed 's/.*/${&}/' || true
}

fill_in() { # template
  local name=${1#"$templates/"}
  local target=$output/${name%"$suffix"}
  mkdir -p "$(dirname "$target")"
  envsubst "$(set_variables)" <"$1" >"$target"
}

if [ "${1-}" = nginx ] && [ -d "$templates" ]; then
  while IFS= read -r -d '' template; do
    fill_in "$template"
  done < <(find "$templates" -follow -type f -name "*$suffix" -print0)
fi
exec "$@"
