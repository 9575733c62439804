import {directoryContext} from '../../archive/build-context.js';
import type {Setting, View, Work} from '../work/controller.js';
import type {Request} from '../forms/form-state.js';
import type {Deed} from '../work/jobs.js';
import {clean} from '../../text/fit.js';

type BuildRequest = Extract<Request, {type: 'build'}>;

/** Builds an image and reports the last line of output as progress. */
export const build = async (controller: View & Work & Setting, {directory, tag}: BuildRequest, deed: Deed): Promise<void> =>
	controller.work(`Building ${tag}`, async (engine, {signal, report}) => {
		const {tar, file, leftOut} = await directoryContext({directory, workingDirectory: controller.workingDirectory});
		try {
			signal.throwIfAborted();
			const progress = engine.buildImage(tar, {
				tags: [tag],
				...(file !== undefined && {file}),
				buildArguments: {},
				noCache: false,
				pull: false,
				labels: {},
				signal,
			});
			for await (const {status, text} of progress) {
				const line = (text ?? status ?? '').trim().split('\n').at(-1)!;
				if (line !== '') {
					report(clean(line));
				}
			}

			const left = leftOut?.();
			signal.throwIfAborted();
			return {result: left === undefined ? `Built ${tag}` : `Built ${tag}; ${left}`};
		} finally {
			// Stops packing if the engine did not read to the end.
			tar.destroy();
		}
	}, deed);
