import {createMemoryEngine} from '../../source/backends/memory.js';
import {testEngine} from './contract.js';

testEngine('memory', async () => {
	const engine = createMemoryEngine();
	return {
		engine,
		image: 'alpine/bash',
		async close() {
			engine.close();
		},
	};
});
