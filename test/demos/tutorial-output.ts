import type {ExecutionContext} from 'ava';

/** Checks what the script of the tutorial has printed, whatever engine it ran on. */
export const assertTutorial = (
	t: ExecutionContext,
	{output, status}: {readonly output: string; readonly status: number | null},
	webPort: string,
): void => {
	t.is(status, 0, output.slice(-3000));
	for (const expected of [
		'Network \'myapp-net\' created.\n',
		'Hello from Flask! Connected to Redis at my-redis-db:6379 successfully!',
		'bad address \'my-nginx\'',
		`Bind for 0.0.0.0:${webPort} failed: port is already allocated`,
		'<title>Welcome to nginx!</title>',
	]) {
		t.true(output.includes(expected), expected);
	}

	t.false(output.includes('container rm my-web-2'), 'what could not start is gone');
};
