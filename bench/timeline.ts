import {bootPhases} from '../source/engine/resources.js';
import type {Measurement} from './measurement.js';

type Inspected = {
	readonly Created: string;
	readonly State: {readonly StartedAt: string};
	readonly Holm: {readonly Machine: {readonly Phases: ReadonlyArray<{readonly StartMs: number; readonly EndMs: number}>}};
};

/** The parts of one start, which follow one another. */
const parts = [
	'the command, until the container is created',
	'the daemon, until QEMU starts: links, rules, log',
	...bootPhases.map(name => `the machine: ${name}`),
	'the answer, until the command has ended',
];

export const measurement: Measurement = {
	name: 'timeline',
	title: 'The parts of one `run -d`, in order',
	metrics: parts.map(name => ({name, unit: 'ms'})),
	rounds: 7,
	async open({engine}) {
		const {holm, start, remove} = await engine();
		return {
			subjects: [{
				name: 'Holm',
				async read() {
					const begunAt = Date.now();
					const id = await start();
					const endedAt = Date.now();
					const {stdout} = await holm('inspect', id);
					await remove([id]);
					const [{Created, State, Holm}] = JSON.parse(stdout) as readonly [Inspected];
					const createdAt = Date.parse(Created);
					const phases = Holm.Machine.Phases;
					// A machine starts with its restored guest.
					const qemuAt = Date.parse(State.StartedAt) - phases[0]!.EndMs;
					return [
						createdAt - begunAt,
						qemuAt - createdAt,
						...phases.map(({StartMs, EndMs}) => EndMs - StartMs),
						endedAt - qemuAt - phases.at(-1)!.EndMs,
					];
				},
			}],
			missing: [],
		};
	},
};
