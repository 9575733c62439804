import {execFileSync} from 'node:child_process';
import process from 'node:process';
import test from 'ava';
import {build} from '../../../source/host/images/build.js';
import {limitFlags} from '../../../source/host/images/inherited-limits.js';
import {
	buildOptions,
	collect,
	contextFor,
	hostTest,
	storeFor,
} from './storage-helper.js';

const limits = `Limit                     Soft Limit           Hard Limit           Units     
Max cpu time              unlimited            unlimited            seconds   
Max processes             unlimited            unlimited            processes 
Max open files            1024                 524288               files     
Max locked memory         8388608              8388608              bytes     
`;

test('the limits that a build raises are given to it as they are', t => {
	t.deepEqual(limitFlags(limits), ['--ulimit', 'nproc=-1:-1', '--ulimit', 'nofile=1024:524288']);
	t.deepEqual(limitFlags('nothing known'), []);
});

hostTest('a RUN has the limits of the engine, however low they are', ['buildah', 'prlimit'], async t => {
	const {store, directory} = await storeFor(t);
	const context = await contextFor(directory, 'context', {Dockerfile: 'FROM scratch\nCOPY busybox /bin/sh\nRUN ulimit -Sn; ulimit -Hn\n'});
	// Of this process, which tests this file alone.
	execFileSync('prlimit', [`--pid=${process.pid}`, '--nofile=900:1000']);
	const steps = await collect(build(store.buildah, context, buildOptions));
	const lines = steps.map(({text}) => text);
	t.deepEqual(lines.slice(lines.indexOf('900\n')).slice(0, 2), ['900\n', '1000\n']);
});
