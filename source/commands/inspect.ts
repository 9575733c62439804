import {print, type Context} from './command.js';
import {errorLine} from './for-each-reference.js';
import {compileTemplate} from './print/go-template.js';

/** The backend's own description of a resource, in Docker's form, if there is one. */
export const describeResource = (resource: {readonly source?: unknown}): Record<string, unknown> =>
	(resource.source ?? resource) as Record<string, unknown>;

export const inspectFlags = {
	format: {
		type: 'string', shortFlag: 'f', value: 'TEMPLATE', description: '"json" or a Go template such as {{.Name}}',
	},
} as const;

/** Fields of Docker's descriptions that are there only on request. */
const optionalFields = {SizeRw: undefined, SizeRootFs: undefined};

/**
Prints the resources as a JSON array, or one line each with a template. Unknown references are reported at the end, with exit status 1.
*/
export const inspectAll = async (
	context: Context,
	references: readonly string[],
	read: (reference: string) => Promise<{readonly source?: unknown}>,
	format?: string,
): Promise<number> => {
	const render = format === undefined || format === 'json' ? undefined : compileTemplate(format);
	const found: Array<Record<string, unknown>> = [];
	const errors: string[] = [];
	for (const reference of references) {
		try {
			found.push(describeResource(await read(reference)));
		} catch (error) {
			errors.push(errorLine(error));
		}
	}

	const lines = render
		? found.map(resource => render({...optionalFields, ...resource}, {strict: true}))
		: [format === 'json' ? JSON.stringify(found) : JSON.stringify(found, undefined, 4)];
	for (const line of lines) {
		print(context, line);
	}

	for (const error of errors) {
		context.stderr.write(`${error}\n`);
	}

	return errors.length > 0 ? 1 : 0;
};
