import test from 'ava';
import {createMemoryEngine} from '../../../source/backends/memory/engine.js';
import {containerForm} from '../../../source/dashboard/forms/container-form.js';
import {networkForm} from '../../../source/dashboard/forms/network-form.js';
import {volumeForm} from '../../../source/dashboard/forms/volume-form.js';
import {completionsOf, focusedField, formErrors, openForm, reduceForm, refusedForm} from '../../../source/dashboard/forms/form-state.js';
import {quoteWord, splitWords} from '../../../source/dashboard/forms/words.js';
import {addressOf, nextSubnet, numberOf, overlapping, rangeOf} from '../../../source/dashboard/state/subnets.js';
import {containerConfiguration, networkConfiguration} from '../helpers/configurations.js';

const snapshotOf = async () => {
	const engine = createMemoryEngine();
	await engine.createNetwork(networkConfiguration('back', {subnet: '10.1.0.0/24'}));
	await engine.createContainer(containerConfiguration({name: 'web', ports: [{hostAddress: '0.0.0.0', hostPort: 8000, containerPort: 80, protocol: 'tcp'}]}));
	await engine.startContainer('web');
	const snapshot = await engine.snapshot();
	engine.close();
	return snapshot;
};

test('words are split and quoted as in a shell', t => {
	t.deepEqual(splitWords(String.raw`a "b c" 'd "e"' f\ g ''`), ['a', 'b c', 'd "e"', 'f g', '']);
	t.deepEqual(splitWords('  '), []);
	t.throws(() => splitWords('a "b'), {message: /not closed/v});
	for (const word of ['plain', 'two words', 'it\'s', '$HOME', '`x`', '"q"', 'a=b', '', '*', '\\']) {
		t.deepEqual(splitWords(quoteWord(word)), [word], word);
	}
});

test('the container form requests what its command line says', async t => {
	const values = {image: 'redis:alpine', name: 'db', networks: 'back', ports: '8080:80', environment: '"A=b c" D=e', volumes: 'data:/data', cpus: '2', memory: '1g', command: 'redis-server --port 80', terminal: 'no', start: 'yes'};
	t.deepEqual(containerForm.validate(values, await snapshotOf()), {});
	t.is(containerForm.commandLine(values).join(' '), 'run --detach --name db --network back --publish 8080:80 --env A=b c --env D=e --volume data:/data --cpus 2 --memory 1g redis:alpine redis-server --port 80');
	const request = containerForm.request(values);
	t.like(request, {type: 'container', isStarted: true, configuration: {image: 'redis:alpine', name: 'db', environment: ['A=b c', 'D=e'], command: ['redis-server', '--port', '80'], cpus: 2, memory: 2 ** 30}});
});

test('each field of a container is validated while it is typed', async t => {
	const snapshot = await snapshotOf();
	for (const [field, value, reason] of [
		['image', '', /required/v],
		['image', 'a b', /no spaces/v],
		['name', 'web', /already/v],
		['name', '-x', /invalid container name/v],
		['networks', 'nowhere', /no such network: nowhere/v],
		['ports', '70000:80', /./v],
		['ports', '8000:80', /port 8000 is published by web/v],
		['environment', 'X', /KEY=VALUE/v],
		['environment', '"X=', /not closed/v],
		['volumes', 'x', /./v],
		['cpus', 'many', /./v],
		['memory', '-1', /./v],
	] as const) {
		t.regex(containerForm.validate({image: 'x', [field]: value}, snapshot)[field] ?? '', reason, `${field} ${value}`);
	}

	t.deepEqual(containerForm.validate({image: 'redis:alpine'}, snapshot), {});
});

test('the network form rejects names and subnets in use', async t => {
	const snapshot = await snapshotOf();
	t.regex(networkForm.validate({name: 'x', subnet: '10.1.0.128/25'}, snapshot).subnet ?? '', /overlaps 10\.1\.0\.0\/24 of back/v);
	t.regex(networkForm.validate({name: 'back'}, snapshot).name ?? '', /already/v);
	t.regex(networkForm.validate({name: 'x', subnet: '10.2.0.0/24', gateway: '10.3.0.1'}, snapshot).gateway ?? '', /not an address of/v);
	t.deepEqual(networkForm.validate({name: 'x', subnet: '10.2.0.0/24', gateway: '10.2.0.9'}, snapshot), {});
	t.deepEqual(networkForm.request({name: 'x', subnet: '', gateway: '', internal: 'yes'}), {type: 'network', configuration: {name: 'x', internal: true, labels: {}, driver: 'bridge'}});
});

test('completion offers images and networks, and switches toggle', async t => {
	const snapshot = await snapshotOf();
	let form = reduceForm(openForm(containerForm, {start: 'yes'}), {type: 'change', value: 'red'});
	t.deepEqual(completionsOf(form, snapshot), ['redis:alpine']);
	form = reduceForm(form, {type: 'right', snapshot});
	t.is(form.values.image, 'redis:alpine');
	form = reduceForm(form, {type: 'previous'});
	t.is(form.values.start, 'yes');
	form = reduceForm(form, {type: 'toggle'});
	t.is(form.values.start, 'no');
	t.is(reduceForm(form, {type: 'change', value: 'x'}).values.start, 'no');
});

test('subnets are ranges of numbers', t => {
	t.deepEqual(rangeOf('192.168.64.7/30'), {first: numberOf('192.168.64.4'), last: numberOf('192.168.64.7'), length: 30});
	t.is(addressOf(numberOf('255.255.255.255')), '255.255.255.255');
	t.deepEqual(rangeOf('0.0.0.0/0'), {first: 0, last: 2 ** 32 - 1, length: 0});
	for (const text of ['', 'x', '10.0.0.0', '10.0.0.0/33', '10.0.0/8', 'fe80::/64']) {
		t.is(rangeOf(text), undefined, text);
	}
});

test('the next subnet overlaps no other', async t => {
	const {networks} = await snapshotOf();
	const next = nextSubnet(networks);
	t.is(overlapping(next, networks), undefined);
	t.is(nextSubnet([]), '192.168.64.0/24');
	t.is(nextSubnet([{...networks[0]!, subnet: '192.168.0.0/16'}]), '');
});

test('the volume form requests what its command line says', async t => {
	const snapshot = await snapshotOf();
	const values = {name: 'data', labels: 'team=shop "note=two words" plain'};
	t.deepEqual(volumeForm.validate(values, snapshot), {});
	t.deepEqual(volumeForm.commandLine(values), ['volume', 'create', '--label', 'team=shop', '--label', 'note=two words', '--label', 'plain', 'data']);
	t.deepEqual(volumeForm.request(values), {type: 'volume', configuration: {name: 'data', labels: {team: 'shop', note: 'two words', plain: ''}}});
	t.deepEqual(volumeForm.request({name: '', labels: ''}), {type: 'volume', configuration: {labels: {}}});
	t.regex(volumeForm.validate({name: '../x'}, snapshot).name!, /invalid volume name/v);
	t.regex(volumeForm.validate({labels: '=x'}, snapshot).labels!, /invalid label/v);
	t.regex(volumeForm.validate({labels: '"x'}, snapshot).labels!, /not closed/v);
	t.regex(volumeForm.validate({name: 'data'}, {...snapshot, volumes: [{name: 'data', createdAt: 0, mountpoint: '', labels: {}, anonymous: false}]}).name!, /already/v);
});

test('choices narrow while typing, also by characters apart, and one is picked', async t => {
	const snapshot = await snapshotOf();
	let form = openForm(containerForm);
	t.true(completionsOf(form, snapshot).length > 2);
	form = reduceForm(form, {type: 'change', value: 'alp'});
	t.regex(completionsOf(form, snapshot)[0]!, /^alpine\/bash/v);
	t.true(completionsOf(form, snapshot).includes('nginx:alpine'));
	form = reduceForm(form, {type: 'change', value: 'ngalp'});
	t.deepEqual(completionsOf(form, snapshot), ['nginx:alpine']);
	form = reduceForm(reduceForm(form, {type: 'change', value: ''}), {type: 'pick', by: 1, snapshot});
	form = reduceForm(form, {type: 'pick', by: 1, snapshot});
	const second = completionsOf(form, snapshot)[1];
	form = reduceForm(form, {type: 'complete', snapshot});
	t.is(form.values.image, second);
	t.is(form.picked, undefined);
});

test('a list of words is completed word by word, without those that are in it', async t => {
	const snapshot = await snapshotOf();
	const field = containerForm.fields.findIndex(({name}) => name === 'networks');
	const form = reduceForm({...openForm(containerForm), focus: field}, {type: 'change', value: 'back b'});
	t.deepEqual(completionsOf(form, snapshot), ['back bridge']);
});

test('typing replaces what was filled in, unless the cursor was moved first', async t => {
	const snapshot = await snapshotOf();
	const form = reduceForm(openForm(networkForm, {subnet: '10.7.0.0/24'}), {type: 'next'});
	t.is(reduceForm(form, {type: 'change', value: '10.7.0.0/249'}).values.subnet, '9');
	t.is(reduceForm(form, {type: 'change', value: '10.7.0.0/2'}).values.subnet, '');
	const kept = reduceForm(form, {type: 'right', snapshot});
	t.is(kept.values.subnet, '10.7.0.0/24');
	t.is(reduceForm(kept, {type: 'change', value: '10.7.0.0/245'}).values.subnet, '10.7.0.0/245');
	const typed = reduceForm(form, {type: 'change', value: '10.7.0.0/249'});
	t.is(reduceForm(typed, {type: 'change', value: '99'}).values.subnet, '99');
});

test('the right arrow takes a choice only at the end of the field', async t => {
	const snapshot = await snapshotOf();
	let form = reduceForm(openForm(containerForm), {type: 'change', value: 'red'});
	form = reduceForm(reduceForm(form, {type: 'left'}), {type: 'right', snapshot});
	t.is(form.values.image, 'red');
	t.is(reduceForm(form, {type: 'right', snapshot}).values.image, 'redis:alpine');
});

test('what the engine refuses stands at the field that it names, until that is changed', async t => {
	const snapshot = await snapshotOf();
	const form = {...openForm(containerForm, {image: 'no/such', name: 'db', ports: '8080:80'}), focus: 4};
	const refused = refusedForm(form, 'Cannot bind 0.0.0.0:8080: the port is taken', 'choose another');
	t.is(focusedField(refused).name, 'ports');
	t.is(formErrors(refused, snapshot).ports, 'Cannot bind 0.0.0.0:8080: the port is taken (choose another)');
	t.is(formErrors(reduceForm(refused, {type: 'change', value: '8081:80'}), snapshot).ports, undefined);
	t.is(focusedField(refusedForm(form, 'No such image: no/such')).name, 'image');
	const other = refusedForm(form, 'the disk is full');
	t.is(formErrors(other, snapshot)[''], 'the disk is full');
	t.is(other.focus, 4);
	t.is(formErrors(reduceForm(other, {type: 'change', value: 'X=1'}), snapshot)[''], undefined);
});
