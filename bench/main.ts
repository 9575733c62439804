/**
Benchmarks of Holm beside comparable programs on this host: `npm run bench`, `npm run bench -- --json`, `npm run bench -- name-server`, `npm run bench -- --timeline`.
*/
import {measurement as apple} from './apple.js';
import {measurement as appleKey} from './apple-key.js';
import {measurement as builds} from './builds.js';
import {measurement as coldBoot} from './cold-boot.js';
import {measurement as compose} from './compose.js';
import {measurement as networkCreation} from './create-network.js';
import {measurement as firstBuild} from './first-build.js';
import {measurement as forwarder} from './forwarder.js';
import {measurement as healthChecks} from './health-checks.js';
import {measurement as listContainers} from './list-containers.js';
import {measurement as memory} from './memory.js';
import {measurement as nameServer} from './name-server.js';
import {measurement as publishedPort} from './published-port.js';
import {runBench} from './run-bench.js';
import {measurement as runDetached} from './run-detached.js';
import {measurement as runWhole} from './run-whole.js';
import {measurement as tenAtOnce} from './ten-at-once.js';
import {measurement as timeline} from './timeline.js';

await runBench('bench', [
	nameServer,
	forwarder,
	coldBoot,
	runDetached,
	runWhole,
	tenAtOnce,
	timeline,
	memory,
	listContainers,
	networkCreation,
	publishedPort,
	healthChecks,
	compose,
	builds,
	firstBuild,
	apple,
	appleKey,
]);
