# Takes jobs until it is stopped; the job "fail" ends it with an error.
trap 'exit 0' TERM
while true; do
	job=$(redis-cli -h queue --raw BLPOP jobs 1 | tail -n 1)
	case $job in
		'') ;;
		fail) echo "$(hostname) fails" >&2; exit 1 ;;
		*) redis-cli -h queue RPUSH results "$job" >/dev/null; echo "done: $job" ;;
	esac
done
