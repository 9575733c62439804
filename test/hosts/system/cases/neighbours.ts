import type {Case} from '../../host.js';
import type {Engine} from '../../../../source/engine.js';
import {
	engineOf,
	equals,
	image,
	mustInside,
	script,
	slowMs,
	startContainer,
	startedEngine,
	whole,
	type WholeHost,
} from '../world.js';

const install = async (host: WholeHost, ...packages: readonly string[]) => script(host, `DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends ${packages.join(' ')}`, slowMs);

const server = 'while :; do printf "HTTP/1.0 200 OK\\r\\n\\r\\nhello" | nc -l -p 80; done';

/** A server with a published port, and another container that finds it by its name. */
const startPair = async (engine: Engine): Promise<void> => {
	await engine.createNetwork({name: 'pair', internal: false, labels: {}, driver: 'bridge'}).catch(() => undefined);
	const networks = [{network: 'pair', aliases: []}];
	await startContainer(engine, 'server', {
		networks, command: ['sh', '-c', server], ports: [{hostAddress: '0.0.0.0', hostPort: 8080, containerPort: 80, protocol: 'tcp'}],
	});
	await startContainer(engine, 'client', {networks});
};

const checkPair = async (host: WholeHost, engine: Engine): Promise<void> => {
	equals(await mustInside(engine, 'client', 'wget -q -O - http://server/'), 'hello', 'the server by its name');
	equals(await script(host, 'curl --silent --max-time 60 http://localhost:8080/'), 'hello', 'the published port');
	const gateway = '$(ip route | sed -n "s/^default via \\([0-9.]*\\).*/\\1/p")';
	await mustInside(engine, 'client', `ping -c 1 -W 30 ${gateway}`);
};

const removePair = async (engine: Engine): Promise<void> => {
	await engine.removeContainer('client', {force: true});
	await engine.removeContainer('server', {force: true});
	await engine.removeNetwork('pair');
};

/** Its rules refuse what comes in and what is forwarded. */
export const ufw: Case = {
	name: 'ufw',
	describe: 'turn ufw on under running containers: names, a published port and new containers work',
	hosts: ['debian-12', 'debian-13', 'debian-12-without-ipv6'],
	limitMs: 2 * slowMs,
	async run(host, say) {
		const engine = await startedEngine(whole(host));
		await install(whole(host), 'ufw');
		await startPair(engine);
		await checkPair(whole(host), engine);
		say('turning ufw on');
		await script(host, 'ufw allow 22/tcp && ufw --force enable && ufw status | grep -q "Status: active"', slowMs);
		try {
			await checkPair(whole(host), engine);
			await removePair(engine);
			say('once more, started under ufw');
			await startPair(engine);
			await checkPair(whole(host), engine);
		} finally {
			await script(host, 'ufw --force disable', slowMs);
			await removePair(engine);
		}
	},
};

/** Docker drops what is forwarded, and loads br_netfilter. */
export const docker: Case = {
	name: 'docker-beside',
	describe: 'install Docker beside running containers: both work',
	hosts: ['debian-12', 'debian-13'],
	limitMs: 2 * slowMs,
	async run(host, say) {
		const engine = await startedEngine(whole(host));
		await startPair(engine);
		await install(whole(host), 'docker.io', ...await script(host, 'apt-cache show docker-cli >/dev/null 2>&1 && echo docker-cli || true').then(name => name ? [name] : []));
		say('Docker is installed');
		await script(host, 'systemctl start docker && docker version >/dev/null', slowMs);
		try {
			await checkPair(whole(host), engine);
			say('restarting the daemon beside Docker');
			await script(host, 'holm system stop && holm system start', slowMs);
			const again = await engineOf(whole(host));
			await checkPair(whole(host), again);
			const listed = await script(host, 'docker -H unix:///var/lib/holm/holm.sock ps --format "{{.Names}} {{.Image}}" | sort', slowMs);
			equals(listed, `client ${image}\nserver ${image}`, 'what Docker\'s client says runs in Holm');
			equals(await script(host, 'docker ps --quiet'), '', 'what runs in Docker');
			await removePair(again);
		} finally {
			await script(host, 'systemctl stop docker docker.socket', slowMs);
		}
	},
};
