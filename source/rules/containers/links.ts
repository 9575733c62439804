import {HolmError} from '../../engine/errors.js';

const pattern = /^\/?(?<container>[\dA-Za-z][\w.\-]*)(?::(?<alias>[\w.\-]{1,253}))?$/v;

/** A link `CONTAINER[:ALIAS]`. Throws `invalid`. */
export const parseLink = (link: string): {readonly container: string; readonly alias: string} => {
	const {container, alias = container} = pattern.exec(link)?.groups ?? {};
	if (container === undefined) {
		throw new HolmError('invalid', `bad format for links: ${JSON.stringify(link.slice(0, 200))}`, {remedy: 'write CONTAINER or CONTAINER:ALIAS'});
	}

	return {container, alias: alias!};
};
