import type {Case} from '../../host.js';
import type {Engine} from '../../../../source/engine/engine.js';
import {quote} from '../../../../source/text/escape.js';
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

/** The host's outbound device; the gateway answers all requests. */
const gateway = '10.0.2.2';

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
	// The host's own gateway is beyond its firewall; the engine has its rules there again within seconds of a change, as they are here.
	await mustInside(engine, 'client', `try=0; until ping -c 1 -W 10 ${gateway} >/dev/null; do try=$((try + 1)); [ $try -lt 30 ]; done`);
};

const removePair = async (engine: Engine): Promise<void> => {
	await engine.removeContainer('client', {force: true});
	await engine.removeContainer('server', {force: true});
	await engine.removeNetwork('pair');
};

/** Its rules drop incoming and forwarded packets. */
export const ufw: Case = {
	name: 'ufw',
	describe: 'enable ufw while containers run: names, a published port, outbound traffic and new containers work',
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
			await script(host, 'ufw reload && systemctl restart nftables && ufw reload', slowMs);
			say('ufw and nftables were loaded again');
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

/** Docker drops forwarded packets, and loads br_netfilter. */
export const docker: Case = {
	name: 'docker-beside',
	describe: 'install Docker while containers run: the containers of both work and cannot reach each other',
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
			say('running a container of Docker\'s');
			await script(host, `tar -C / -c bin/busybox | docker import - beside && docker run -d --name beside beside /bin/busybox sh -c ${quote(server.replace('nc -l', '/bin/busybox nc -l'))}`, slowMs);
			await script(host, `docker exec beside /bin/busybox ping -c 1 -W 60 ${gateway}`, slowMs);
			const address = await script(host, 'docker inspect --format "{{.NetworkSettings.IPAddress}}" beside');
			equals(await script(host, `curl --silent --max-time 60 http://${address}/`), 'hello', 'the container of Docker\'s');
			equals(await mustInside(engine, 'client', `wget -T 10 -q -O - http://${address}/ || echo no`), 'no', 'what a container of Holm\'s gets from it');
			await checkPair(whole(host), engine);
			say('restarting the daemon beside Docker');
			await script(host, 'holm system stop && holm system start', slowMs);
			const again = await engineOf(whole(host));
			await checkPair(whole(host), again);
			const listed = await script(host, 'docker -H unix:///var/lib/holm/holm.sock ps --format "{{.Names}} {{.Image}}" | sort', slowMs);
			equals(listed, `client ${image}\nserver ${image}`, 'what Docker\'s client says runs in Holm');
			equals(await script(host, 'docker ps --format "{{.Names}}"'), 'beside', 'what runs in Docker');
			await script(host, 'docker rm -f beside', slowMs);
			await removePair(again);
		} finally {
			await script(host, 'systemctl stop docker docker.socket', slowMs);
		}
	},
};
