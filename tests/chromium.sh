#!/usr/bin/env bash
# Browser tests need Chromium and a Chinese font: found on the machine, else from Debian where that is allowed.
set -u
have() { command -v chromium >/dev/null && fc-list 2>/dev/null | grep -qi 'noto.*cjk'; }
have && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "· Chromium and Chinese fonts from Debian"
  apt-get update -qq >/dev/null 2>&1
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk fontconfig >/dev/null 2>&1
fi
have && exit 0
echo "############################################################################"
echo "# Chromium or fonts-noto-cjk is missing: THE BROWSER TESTS WILL NOT BE RUN. #"
echo "############################################################################"
exit 0
