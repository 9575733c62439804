import {decodeDiskUsage, decodeInfo, decodeVersion} from '../../wire/decode/system.js';
import type {SystemVerbs} from '../../engine/system.js';
import type {Client} from './client.js';

export const systemVerbs = (client: Client): SystemVerbs => ({
	version: async () => decodeVersion(await client.json('GET', '/version')),
	info: async () => decodeInfo(await client.json('GET', '/info')),
	diskUsage: async () => decodeDiskUsage(await client.json('GET', '/system/df')),
});
