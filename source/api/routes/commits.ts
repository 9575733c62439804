import {HolmError} from '../../engine/errors.js';
import {readFields} from '../body.js';
import {isEmpty} from '../../wire/decode/update.js';
import {created, route} from '../exchange.js';
import {joinTag} from '../../wire/image-names.js';

export const commitsRoutes = [
	route('POST', '/commit', async exchange => {
		const {engine, query} = exchange;
		const container = query.text('container');
		if (!container) {
			throw new HolmError('invalid', 'container is missing: the container to make an image of');
		}

		const body = await readFields(exchange);
		if (Object.values(body.raw).some(value => !isEmpty(value))) {
			throw new HolmError('unsupported', 'a configuration in the body of a commit is not supported', {remedy: 'use changes, such as CMD ["program"]'});
		}

		const name = query.text('repo');
		return created({Id: (await engine.commitContainer(container, {
			...name !== undefined && {tag: joinTag(name, query.text('tag'))},
			author: query.text('author'),
			comment: query.text('comment'),
			// Docker's clients send one parameter per change, others one text.
			changes: query.all('changes').flatMap(text => text.split('\n')).filter(line => line.trim() !== ''),
			pause: query.flag('pause', true),
		})).id});
	}),
];
