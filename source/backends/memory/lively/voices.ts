import type {Container} from '../../../engine/resources.js';
import type {Random} from '../random.js';
import {
	flask,
	flaky,
	json,
	nginx,
	plain,
	postgres,
	redis,
} from './lines.js';

export type Line = {readonly stream: 'stdout' | 'stderr'; readonly text: string};

/** What a service writes, and when. Everything comes from the given source of chance and the time. */
export type Voice = {
	/** Milliseconds until it speaks again. */
	readonly pause: (random: Random) => number;
	readonly greet: (random: Random, now: number) => readonly Line[];
	readonly speak: (random: Random, now: number) => readonly Line[];
	/** Milliseconds until it fails, for one that does, and its last words. */
	readonly lifetime?: (random: Random) => number;
	readonly fail?: (random: Random, now: number) => readonly Line[];
};

/** The label of a made-up container that says how it speaks. */
export const voiceLabel = 'holm.demo.voice';

const voices: Readonly<Record<string, Voice>> = {flask, flaky, json, nginx, plain, postgres, redis};

/** By program, for containers of known images. */
const byProgram: Readonly<Record<string, string>> = {'redis-server': 'redis', nginx: 'nginx', postgres: 'postgres'};

/** How a container speaks in a lively engine; undefined for one that only runs its program. */
export const voiceOf = ({configuration: {labels}, process}: Container): Voice | undefined => {
	const [first = '', second = ''] = process.arguments;
	const name = labels[voiceLabel] ?? byProgram[first.endsWith('docker-entrypoint.sh') ? second : first];
	return name !== undefined && Object.hasOwn(voices, name) ? voices[name] : undefined;
};
