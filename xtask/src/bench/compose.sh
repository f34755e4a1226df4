# Two replicas, twelve requests, the log; five replicas, twelve requests, the log. The arguments are the compose command.
set -eu
export COMPOSE_PROJECT_NAME=softy-check-bench
compose=$*
trap '$compose down' EXIT

# A request before every replica listens would make nginx leave one out for ten seconds.
wait_for_replicas() {
    for replica in $($compose ps -q back-end); do
        address=$(docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$replica")
        until curl --silent --output /dev/null "http://$address:5252/"; do sleep 0.1; done
    done
}

ask() {
    address=$($compose port proxy 80 | sed 's/^0\.0\.0\.0/127.0.0.1/')
    until curl --silent --output /dev/null "http://$address/"; do sleep 0.1; done
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do curl --silent --fail "http://$address/api/hello"; done
    $compose logs back-end
}

$compose up -d --scale back-end=2
wait_for_replicas
ask
$compose up -d --scale back-end=5
wait_for_replicas
$compose restart proxy
ask
