import {HolmError} from '../../engine/errors.js';
import {defineCommand} from '../command.js';
import {shortId} from '../print/fields.js';
import {listFlags, printRows} from '../print/rows.js';

export const command = defineCommand({
	usage: 'NETWORK',
	flags: listFlags,
	async run(context, {format, quiet, noTrunc}, [reference = '']) {
		const engine = await context.engine();
		if (!engine.dnsRecords) {
			throw new HolmError('unsupported', 'this engine does not list its DNS records', {remedy: 'holm network inspect shows its containers and their addresses'});
		}

		const records = await engine.dnsRecords(reference);
		await printRows(context, records.map(({name, type, value, ttlSeconds, containerId}) => ({
			Name: name,
			Type: type,
			Value: value,
			TTL: String(ttlSeconds),
			Container: containerId === undefined ? '' : shortId(containerId, noTrunc),
		})), {
			columns: {
				Name: 'NAME', Type: 'TYPE', Value: 'VALUE', TTL: 'TTL', Container: 'CONTAINER',
			},
			format,
			...(quiet && {quiet: 'Name'}),
		});
	},
});
