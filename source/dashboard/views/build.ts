import {directoryContext} from '../../archive/build-context.js';
import type {Setting, View, Work} from '../work/controller.js';
import {failureOf} from '../work/execute.js';
import type {FormState, Request} from '../forms/form-state.js';
import {clean} from '../../text/fit.js';

type BuildRequest = Extract<Request, {type: 'build'}>;

/** Builds an image and reports the last line of output as progress. After a failure the form reopens. */
export const build = async (controller: View & Work & Setting, {directory, tag}: BuildRequest, form: FormState): Promise<void> =>
	controller.work(`Building ${tag}`, async (engine, {signal, report}) => {
		try {
			const {tar, file, leftOut} = await directoryContext({directory, workingDirectory: controller.workingDirectory});
			let left: string | undefined;
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

				left = leftOut?.();
			} finally {
				// Stops packing if the engine did not read to the end.
				tar.destroy();
			}

			signal.throwIfAborted();
			controller.notify(left === undefined ? `Built ${tag}` : clean(`Built ${tag}; ${left}`));
		} catch (error) {
			if (signal.aborted) {
				throw error;
			}

			controller.open({type: 'failures', title: `${tag} was not built`, failures: [failureOf(tag, error)], after: {type: 'form', form}});
		}
	});
