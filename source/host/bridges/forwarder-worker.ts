import {serveWorker} from '../workers/worker-service.js';
import {createForwards, type ForwarderRequest} from './forwards.js';

const [station, localAddress] = process.argv.slice(2);
const forwards = createForwards(localAddress);
await serveWorker(station, async (request: ForwarderRequest) => forwards.replace(request.forwards, request.isPartial));
