import {randomBytes, randomUUID} from 'node:crypto';
import {readVerdict} from '../source/host/machines/accelerator.js';
import {image} from './bench-engine.js';
import {openBuilds, writeContext, type Build} from './build-kit.js';
import {openDocker} from './docker.js';
import {timeOf, type Measurement, type Site, type Subject} from './measurement.js';

const steps = Array.from({length: 10}, (_, index) => `RUN echo ${index} >/step-${index}\n`).join('');

/** Ten steps, none of which is in a cache: the first line is new. */
const tenSteps = (base: string): string => `FROM ${base}\nENV BUILD=${randomUUID()}\n${steps}`;

const mebibyte = 1024 ** 2;

/** Emulated, 100 MiB take more than half a minute. */
const contextMebibytes = {accelerated: 100, emulated: 32};

type Ways = {readonly build: Build; readonly base: string; readonly contextBytes: number};

const subjectOf = (site: Site, name: string, {build, base, contextBytes}: Ways): Subject => ({
	name,
	async read() {
		const context = await writeContext(site, {Dockerfile: tenSteps(base)});
		const [cold] = await timeOf(async () => build(context));
		const [cached] = await timeOf(async () => build(context));
		const large = await writeContext(site, {Dockerfile: `FROM ${base}\nCOPY data /\n`, data: randomBytes(contextBytes)});
		const [copied] = await timeOf(async () => build(large));
		return [cold, cached, copied];
	},
});

export const measurement: Measurement = {
	name: 'builds',
	title: 'Builds with BuildKit, until the image is there',
	metrics: [{name: 'ten steps', unit: 'ms'}, {name: 'ten steps, cached', unit: 'ms'}, {name: 'a large context', unit: 'ms'}],
	rounds: 3,
	async open(site) {
		const engine = await site.engine();
		const builds = await openBuilds(site);
		const isEmulated = (await readVerdict(engine.paths.accelerator)).accelerator === 'tcg';
		const mebibytes = isEmulated ? contextMebibytes.emulated : contextMebibytes.accelerated;
		const contextBytes = mebibytes * mebibyte;
		const remark = `a large context of ${contextMebibytes.accelerated} MiB: machines are emulated, so it has ${mebibytes} MiB`;
		const missing = isEmulated ? [remark] : [];

		/** The builder runs and has the base image before the first reading. */
		const warm = async (name: string, build: Build, base: string): Promise<Subject> => {
			await build(await writeContext(site, {Dockerfile: `FROM ${base}\nRUN true\n`}));
			return subjectOf(site, name, {build, base, contextBytes});
		};

		await engine.holm('builder', 'start');
		const own = await warm('docker against Holm', builds.on(`unix://${engine.paths.socket}`), image);
		const peer = await openDocker(site, engine);
		return typeof peer === 'string'
			? {subjects: [own], missing: [...missing, peer]}
			: {subjects: [own, await warm('docker against Docker', builds.on(peer.address), peer.image)], missing};
	},
};
