import {encodeDiskUsage, encodeInfo, encodeVersion} from '../../wire/encode/system.js';
import {apiVersion, minimumApiVersion} from '../../engine/api-version.js';
import {ok, route, type Exchange} from '../exchange.js';

const ping = async ({engine, response, request}: Exchange): Promise<undefined> => {
	// 2 is BuildKit, 1 is the classic builder. Clients that have both check this.
	response.setHeader('Builder-Version', engine.builderChannel ? '2' : '1');
	response.setHeader('Swarm', 'inactive');
	response.setHeader('Cache-Control', 'no-cache, no-store, must-revalidate');
	response.setHeader('Pragma', 'no-cache');
	response.setHeader('Content-Type', 'text/plain; charset=utf-8');
	response.setHeader('Content-Length', request.method === 'HEAD' ? 0 : 2);
	response.end(request.method === 'HEAD' ? undefined : 'OK');
	return undefined;
};

export const systemRoutes = [
	route('GET', '/_ping', ping),
	route('HEAD', '/_ping', ping),
	route('GET', '/version', async ({engine}) => ok(encodeVersion({...await engine.version(), apiVersion, minimumApiVersion}))),
	route('GET', '/info', async ({engine, minorVersion}) => {
		const [info, version] = await Promise.all([engine.info(), engine.version()]);
		return ok(encodeInfo(info, version, {minorVersion}));
	}),
	route('GET', '/system/df', async ({engine, minorVersion}) => ok(encodeDiskUsage(await engine.diskUsage(), {minorVersion}))),
];
