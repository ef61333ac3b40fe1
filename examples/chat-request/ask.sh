#!/bin/sh
# The request by curl: the events as they come (-N), audio cut short for the eye.
curl --silent --show-error --no-buffer --fail-with-body "$OPENAI_BASE_URL/chat/completions" \
    -H "Content-Type: application/json" -H "Authorization: Bearer $OPENAI_API_KEY" -d @request.json |
    sed -u -E 's/("data":"[^"]{40})[^"]*/\1.../'
