import type {Register} from './laboratory.js';

/** Statistics and processes. */
export const testStats = (test: Register): void => {
	test('statistics of one moment and of every second', async ({t, engine, start, standing}) => {
		const id = await start();
		const [once, ...others] = await Array.fromAsync(engine.stats(id));
		t.is(others.length, 0);
		t.true(once!.memoryBytes > 0 && once!.memoryLimitBytes >= once!.memoryBytes && once!.cpus >= 1 && once!.pids >= 1);
		const readings = [];
		for await (const reading of engine.stats(id, {stream: true})) {
			readings.push(reading);
			if (readings.length === 2) {
				await engine.killContainer(id);
			}
		}

		const [first, second] = readings;
		t.true(second!.readAt > first!.readAt
			&& second!.cpuNanoseconds >= first!.cpuNanoseconds
			&& second!.systemCpuNanoseconds > first!.systemCpuNanoseconds);
		const other = await standing();
		const controller = new AbortController();
		for await (const _ of engine.stats(other, {stream: true, signal: controller.signal})) {
			controller.abort();
		}

		t.pass('aborting ends the readings');
	});

	test('the processes of a container', async ({t, engine, start, written, refused}) => {
		const id = await start();
		await written(id, 'ready');
		const {titles, processes} = await engine.top(id);
		const column = titles.findIndex(title => /^(?:CMD|COMMAND)$/v.test(title));
		t.true(column !== -1 && titles.includes('PID'));
		t.true(processes.some(fields => fields[column]?.includes('sleep')), JSON.stringify(processes));
		t.true(processes.every(fields => fields.length === titles.length));
		const named = await engine.top(id, '-eo pid,comm');
		t.deepEqual(named.titles, ['PID', 'COMMAND']);
		// The others come and go.
		const main = processes[0]?.[titles.indexOf('PID')];
		t.true(named.processes.some(([pid]) => pid === main), JSON.stringify([processes, named.processes]));
		await engine.killContainer(id);
		await engine.waitContainer(id);
		await refused('conflict', 'not running', async () => engine.top(id));
	});
};
