import type {Container} from '../../../engine/resources.js';
import {
	flask,
	flaky,
	json,
	nginx,
	plain,
	postgres,
	redis,
	type Voice,
} from './log-lines.js';

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
