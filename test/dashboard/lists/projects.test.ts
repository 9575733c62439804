import test from 'ava';
import {inOrder, ofProject} from '../../../source/dashboard/lists/project-plan.js';
import {countsOf, groupRows, inSteps, projectOf, startSteps} from '../../../source/dashboard/lists/projects.js';
import {createItemsSelector, idsOf, marksIn, membersOf, selectedIn, selectedProject, targetsIn} from '../../../source/dashboard/state/list-items.js';
import {emptyList, type ListState} from '../../../source/dashboard/state/list-state.js';
import {initialUi, type UiState} from '../../../source/dashboard/state/ui-state.js';
import {planRemoveContainers, planSignal, stepsOf, type Plan} from '../../../source/dashboard/work/plan.js';
import type {Container} from '../../../source/engine/resources.js';
import type {Snapshot} from '../../../source/engine/snapshot.js';
import {configuration, container} from '../../engine/resources.js';

const of = (name: string, project?: string, depends = '', given: Partial<Container> = {}) => container({
	id: name,
	name,
	configuration: configuration({
		labels: project === undefined ? {} : {'com.docker.compose.project': project, 'com.docker.compose.service': name, 'com.docker.compose.depends_on': depends},
	}),
	...given,
});

const exited = {state: 'exited', exitCode: 1, outOfMemory: false, startedAt: 1, finishedAt: 2} as const;
const db = of('db', 'shop');
const cache = of('cache', 'shop', '', {health: {status: 'unhealthy', failingStreak: 3, log: []}});
const web = of('web', 'shop', 'db:service_healthy:false,cache:service_started:true');
const proxy = of('proxy', 'shop', 'web:service_started:false', {status: exited});
const alone = of('alone');
const blog = of('blog', 'blog', 'db:service_started:false');
const all = [proxy, alone, web, blog, cache, db];

const snapshot: Snapshot = {readAt: 0, containers: all, networks: [], images: [], volumes: [], stats: {}};
const uiOf = (change: Partial<ListState> = {}, more: Partial<UiState> = {}): UiState =>
	({...initialUi, lists: {...initialUi.lists, containers: {...emptyList, ...change}}, ...more});
const itemsOf = (ui: UiState) => createItemsSelector()({connection: {state: 'connected'}, snapshot, usage: {}, events: []}, ui);
const ids = (ui: UiState) => idsOf(itemsOf(ui), 'containers');
const shopFolded = {folded: new Set(['shop'])};

test('containers are grouped where the first of their project is, and the others stay as they are', t => {
	t.deepEqual(ids(uiOf()), ['project shop', 'proxy', 'web', 'cache', 'db', 'alone', 'project blog', 'blog']);
	t.deepEqual(itemsOf(uiOf()).containers.map(({id}) => id), ['proxy', 'web', 'cache', 'db', 'alone', 'blog']);
	t.is(projectOf(of('x', '')), undefined);
	t.is(projectOf(container()), undefined);
	t.deepEqual(countsOf([db, cache, web, proxy]), {running: 3, total: 4, unhealthy: 1});
});

test('sorting sorts inside the groups, and folding leaves the heading', t => {
	t.deepEqual(ids(uiOf({sort: 'name'})), ['alone', 'project blog', 'blog', 'project shop', 'cache', 'db', 'proxy', 'web']);
	t.deepEqual(ids(uiOf({}, shopFolded)), ['project shop', 'alone', 'project blog', 'blog']);
	t.is(itemsOf(uiOf({}, shopFolded)).containers.length, 6);
	t.deepEqual(ids(uiOf({filter: 'web'}, shopFolded)), ['project shop', 'web']);
	t.true(ids(uiOf({selectedId: 'db'}, shopFolded)).includes('db'));
});

test('a heading stands for its containers', t => {
	const ui = uiOf({selectedId: 'project shop'}, shopFolded);
	const items = itemsOf(ui);
	t.is(selectedIn(items, ui, 'containers'), undefined);
	t.is(selectedProject(items, ui)!.name, 'shop');
	t.deepEqual(targetsIn(items, ui, 'containers').map(({id}) => id), ['proxy', 'web', 'cache', 'db']);
	t.deepEqual(membersOf(items, 'project shop'), ['proxy', 'web', 'cache', 'db']);
	t.deepEqual(membersOf(items, 'alone'), ['alone']);
	const filtered = uiOf({selectedId: 'project shop', filter: 'name:b'});
	const project = selectedProject(itemsOf(filtered), filtered)!;
	t.deepEqual([project.containers.map(({id}) => id), project.hidden], [['web', 'db'], 2]);
});

test('marks that a filter hides are counted, and nothing else is taken instead of them', t => {
	const marks = new Set(['web', 'db', 'gone']);
	const partly = uiOf({marks, filter: 'name=db'});
	t.deepEqual(marksIn(itemsOf(partly), partly.lists.containers, 'containers'), {shown: ['db'], hidden: ['web']});
	t.deepEqual(targetsIn(itemsOf(partly), partly, 'containers').map(({id}) => id), ['db']);
	const hidden = uiOf({marks, filter: 'name=alone'});
	t.deepEqual(targetsIn(itemsOf(hidden), hidden, 'containers'), []);
	const gone = uiOf({marks: new Set(['gone']), selectedId: 'alone'});
	t.deepEqual(targetsIn(itemsOf(gone), gone, 'containers').map(({id}) => id), ['alone']);
	const folded = uiOf({marks}, shopFolded);
	t.deepEqual(marksIn(itemsOf(folded), folded.lists.containers, 'containers').hidden, []);
});

test('an end begins with those that need others, a start with those that are needed', t => {
	const names = (steps: ReadonlyArray<readonly Container[]>) => steps.map(step => step.map(({id}) => id));
	t.deepEqual(names(inSteps([proxy, web, cache, db], 'end')), [['proxy'], ['web'], ['cache', 'db']]);
	t.deepEqual(names(inSteps([proxy, web, cache, db], 'start')), [['cache', 'db'], ['web'], ['proxy']]);
	// A service of another project with that name is another one.
	t.deepEqual(names(inSteps([blog, db], 'start')), [['blog', 'db']]);
	// Only those that take part count.
	t.deepEqual(names(inSteps([proxy, db], 'start')), [['proxy', 'db']]);
});

test('containers that need each other end the order instead of never', t => {
	const circle = [of('a', 'p', 'b:x'), of('b', 'p', 'a:x'), of('c', 'p', 'c:x,__proto__,,:'), of('d', 'p', 'z')];
	t.deepEqual([...startSteps(circle)], [['c', 0], ['d', 0], ['a', 1], ['b', 1]]);
});

test('plans of a project have its steps in order, without what they do not change', t => {
	const steps = (plan: Plan) => stepsOf(plan).map(({verb, items, command}) => [verb, items.map(({name}) => name).join(' '), command]);
	const members = [proxy, web, cache, db];
	t.deepEqual(steps(inOrder(planSignal('stop', members), members, 'end')), [
		['stop', 'web', 'holm stop web'],
		['stop', 'cache db', 'holm stop cache db'],
	]);
	t.deepEqual(steps(inOrder(planSignal('restart', members), members, 'start')).map(([, each]) => each), ['cache db', 'web', 'proxy']);
	const removal = inOrder(planRemoveContainers(members, snapshot), members, 'end');
	t.deepEqual(steps(removal), [
		['removeContainers', 'proxy', 'holm rm --force proxy'],
		['removeContainers', 'web', 'holm rm --force web'],
		['removeContainers', 'cache db', 'holm rm --force cache db'],
	]);
	t.is(removal.kept.containers.length, 4);
	t.deepEqual(steps(removal.again!(snapshot)!), steps(removal));
	t.is(ofProject(removal, selectedProject(itemsOf(uiOf()), uiOf()), 4).title, 'Remove project shop, 4 containers?');
	const single = planSignal('stop', [db]);
	t.is(inOrder(single, [db], 'end'), single);
});

test('hostile labels group nothing by accident', t => {
	const rows = groupRows([of('a', '__proto__'), of('b', 'constructor')], [], new Set());
	t.deepEqual(rows.map(({id}) => id), ['project __proto__', 'a', 'project constructor', 'b']);
});
