import {decodeProgress} from '../../wire/decode/error.js';
import {HolmError} from '../../engine/errors.js';
import type {Progress} from '../../engine/resources.js';
import {endable, readLines} from './answer-streams.js';
import type {Client, RequestOptions} from './client.js';
import {cancelled} from './failures.js';

/** Names the step, which Docker's build errors lack. */
const atStep = (error: unknown, step: string | undefined) => step === undefined || !(error instanceof HolmError) || error.message.startsWith('Build failed')
	? error
	: new HolmError(error.code, `Build failed at step ${step}: ${error.message}`, {remedy: error.remedy, cause: error});

async function * readSteps(client: Client, path: string, options: RequestOptions): AsyncGenerator<Progress, void> {
	const response = await client.send('POST', path, options);
	let step: string | undefined;
	try {
		for await (const json of readLines(client, response)) {
			const progress = decodeProgress(json);
			const {groups} = /^Step (?<position>\d+\/\d+) : (?<text>[^\n]*)/v.exec(progress.text ?? '') ?? {};
			step = groups ? `${groups.position}, ${groups.text!.slice(0, 300)}` : step;
			yield progress;
		}
	} catch (error) {
		throw options.signal?.aborted ? cancelled(error) : atStep(error, step);
	}
}

/** The progress of a long operation. */
export const readProgress = (client: Client, path: string, options: RequestOptions): AsyncIterable<Progress> =>
	endable(signal => readSteps(client, path, {...options, signal}), options.signal);
