import {writeSync} from 'node:fs';
import {registerHooks} from 'node:module';
import process from 'node:process';

// Preloaded into a command: writes the modules that it loads to descriptor 3, Node's own ones with the prefix `node:`.
registerHooks({
	load(url, context, nextLoad) {
		writeSync(3, `${url}\n`);
		return nextLoad(url, context);
	},
});
process.once('exit', () => {
	const {moduleLoadList} = process as unknown as {readonly moduleLoadList: readonly string[]};
	writeSync(3, moduleLoadList.map(name => `${name.replace('NativeModule ', 'node:')}\n`).join(''));
});
