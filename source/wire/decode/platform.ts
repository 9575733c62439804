import {HolmError} from '../../engine/errors.js';
import {fieldsOf, type Fields} from '../fields.js';
import {parseJson} from '../json.js';

/** `linux/amd64` for `{"os": "linux", "architecture": "amd64"}`. */
export const platformOf = (platform: Fields): string =>
	['os', 'architecture', 'variant'].map(key => platform.text(key)).filter(Boolean).join('/');

/** A platform as the OCI image specification has it, in JSON; throws `invalid`. */
export const decodePlatform = (text: string, name = 'platform'): string => {
	const platform = fieldsOf(parseJson(text, name), name);
	if (platform.text('os') === '' || platform.text('architecture') === '') {
		throw new HolmError('invalid', `${name} must have both os and architecture`, {remedy: 'such as {"os": "linux", "architecture": "amd64"}'});
	}

	return platformOf(platform);
};
