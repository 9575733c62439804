import {HolmError} from '../../engine/errors.js';
import {readFields} from '../body.js';
import {isEmpty} from '../../wire/decode/fields/rule.js';
import {created, route} from '../exchange.js';
import {joinTag} from '../../wire/image-names.js';

/** Fields of Docker's `Config`, in lower case, as Go ignores case. Clients may send others, such as the whole query. */
const configurationFields = new Set([
	'hostname',
	'domainname',
	'user',
	'attachstdin',
	'attachstdout',
	'attachstderr',
	'exposedports',
	'tty',
	'openstdin',
	'stdinonce',
	'env',
	'cmd',
	'healthcheck',
	'argsescaped',
	'image',
	'volumes',
	'workingdir',
	'entrypoint',
	'networkdisabled',
	'macaddress',
	'onbuild',
	'labels',
	'stopsignal',
	'stoptimeout',
	'shell',
]);

export const commitsRoutes = [
	route('POST', '/commit', async exchange => {
		const {engine, query} = exchange;
		const container = query.text('container');
		if (!container) {
			throw new HolmError('invalid', 'container is missing: the container to make an image of');
		}

		const {raw} = await readFields(exchange);
		if (Object.keys(raw).some(key => configurationFields.has(key.toLowerCase()) && !isEmpty(raw[key]))) {
			throw new HolmError('unsupported', 'a configuration in the body of a commit is not supported', {remedy: 'use changes, such as CMD ["program"]'});
		}

		const name = query.text('repo');
		return created({Id: (await engine.commitContainer(container, {
			...name !== undefined && {tag: joinTag(name, query.text('tag'))},
			author: query.text('author'),
			comment: query.text('comment'),
			// Docker's clients send one parameter per change, others one text.
			changes: query.changes(),
			pause: query.flag('pause', true),
		})).id});
	}),
];
