import type {ExecsVerbs} from '../../engine/execs.js';
import {findContainer} from './find.js';
import type {VerbContext} from './verb-context.js';

export const execsVerbs = (context: VerbContext): ExecsVerbs => {
	const {execs} = context;

	return {
		createExec: async (reference, configuration) => execs.create(findContainer(context, reference), configuration),
		startExec: execs.start,
		resizeExec: execs.resize,
		exec: async id => execs.status(id),
	};
};
