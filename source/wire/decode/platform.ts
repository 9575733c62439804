import {HolmError} from '../../engine/errors.js';
import {fieldsOf} from '../fields.js';
import {parseJson} from '../json.js';

/** A platform as the OCI image specification has it, in JSON: `linux/amd64` for `{"os": "linux", "architecture": "amd64"}`. */
export const decodePlatform = (text: string, name = 'platform'): string => {
	const platform = fieldsOf(parseJson(text, name), name);
	const [os, architecture, variant] = [platform.text('os'), platform.text('architecture'), platform.text('variant')];
	if (os === '' || architecture === '') {
		throw new HolmError('invalid', `${name} must have both os and architecture`, {remedy: 'such as {"os": "linux", "architecture": "amd64"}'});
	}

	return [os, architecture, ...variant === '' ? [] : [variant]].join('/');
};
