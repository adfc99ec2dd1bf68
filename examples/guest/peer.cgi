#!/bin/busybox sh
# /cgi-bin/peer.cgi?ADDRESS: what this guest sees of another, by ping and by HTTP.
printf 'Content-Type: text/plain\r\n\r\n'
case $QUERY_STRING in
'' | *[!0-9.]*) echo "not an address"; exit ;;
esac
ping -c 1 -W 3 "$QUERY_STRING" >/dev/null && echo "ping $QUERY_STRING answered"
timeout 5 wget -q -O - "http://$QUERY_STRING/"
