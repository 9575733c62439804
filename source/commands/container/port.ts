import {HolmError} from '../../engine/errors.js';
import {defineCommand, print} from '../command.js';
import {hostText} from '../print/container-rows.js';

export const command = defineCommand({
	usage: 'CONTAINER [PORT[/PROTOCOL]]',
	flags: {},
	async run(context, _flags, [reference = '', wanted]) {
		const engine = await context.engine();
		const {ports} = await engine.container(reference);
		const key = wanted === undefined || wanted.includes('/') ? wanted : `${wanted}/tcp`;
		const named = ports.map(port => ({inside: `${port.containerPort}/${port.protocol}`, outside: `${hostText(port.hostAddress)}:${port.hostPort}`}));
		const shown = named.filter(({inside}) => key === undefined || inside === key);
		if (key !== undefined && shown.length === 0) {
			throw new HolmError('not-found', `no public port '${key}' published for ${reference}`, {remedy: 'holm run -p publishes ports'});
		}

		for (const {inside, outside} of shown) {
			print(context, key === undefined ? `${inside} -> ${outside}` : outside);
		}
	},
});
