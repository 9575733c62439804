import {HolmError} from '../../engine/errors.js';
import {encodePathStatus, pathStatusHeader} from '../../wire/encode/path.js';
import {ok, route, type Exchange} from '../exchange.js';
import {sendBytes} from '../streams.js';
import {tarUpload} from '../upload.js';

const pathOf = ({query}: Exchange): string => {
	const path = query.text('path');
	if (!path) {
		throw new HolmError('invalid', 'path is missing: the path in the container');
	}

	return path;
};

export const archivesRoutes = [
	route('HEAD', '/containers/{name}/archive', async exchange => {
		exchange.response.setHeader(pathStatusHeader, encodePathStatus(await exchange.engine.pathStatus(exchange.name, pathOf(exchange))));
		return ok();
	}),
	route('GET', '/containers/{name}/archive', async exchange => {
		const {status, tar} = await exchange.engine.readArchive(exchange.name, pathOf(exchange));
		exchange.response.setHeader(pathStatusHeader, encodePathStatus(status));
		return sendBytes(exchange, tar, 'application/x-tar');
	}),
	route('PUT', '/containers/{name}/archive', async exchange => {
		await exchange.engine.writeArchive(exchange.name, pathOf(exchange), await tarUpload(exchange));
		return ok();
	}),
];
