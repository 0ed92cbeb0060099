// For compose.conf: a request that met no replica waits until one is ready, and is asked again then. So it is while all
// of them are replaced at once, as `docker compose up --build` does.
const WAIT = 120000; // as long as deploy/upgrade.sh gives a replica
const PAUSE = 500;

function pause() {
    return new Promise((done) => setTimeout(done, PAUSE));
}

async function ready(replicas) {
    try {
        return (await ngx.fetch(`http://${replicas}/readyz`)).status === 200;
    } catch (_) {
        return false;
    }
}

async function wait(r) {
    const status = /504$/.test(r.variables.upstream_status || '') ? 504 : 502;
    const connected = /\d/.test(r.variables.upstream_connect_time || '');
    const until = Date.now() + WAIT;
    // One that was connected to may have done what it was asked for.
    while (!connected && Date.now() < until) {
        if (await ready(r.variables.replicas)) {
            r.internalRedirect('@replicas');
            return;
        }
        await pause();
    }
    r.return(status);
}

export default { wait };
