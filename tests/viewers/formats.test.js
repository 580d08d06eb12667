// The formats as those programs read them that they are made for: speedscope's page, its schema and
// go's pprof. What they say about every function must be what the session says.
'use strict';

const assert = require('node:assert');
const child_process = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, test } = require('node:test');

const Ajv = require('ajv');
const { chromium } = require('playwright-core');

const sessions = ['service', 'inlined', 'hostile', 'random', 'timeline', 'random_timeline', 'only_scopes',
                  'only_self', 'one_sample', 'idle', 'empty'];
const with_timeline = ['timeline', 'random_timeline'];

const speedscope = path.join(path.dirname(require.resolve('speedscope/package.json')), 'dist', 'release');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scopetree-formats-'));
let browser;

before(async () => {
    child_process.execFileSync(path.join(process.env.VIEWER_PROGRAMS, 'formats'), [folder]);
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
});

after(async () => {
    await browser?.close();
    fs.rmSync(folder, { recursive: true });
});

const file_of = (session, ending) => path.join(folder, session + ending);
const read = (session, ending) => fs.readFileSync(file_of(session, ending), 'utf8');
const read_json = (session, ending) => JSON.parse(read(session, ending));
const expected_of = session => read_json(session, '.expected.json');

/// Functions as a Map from name to {self, total}; entries of the same name count together.
function times_of(functions) {
    const times = new Map();
    for (const { name, self, total } of functions) {
        const before = times.get(name) ?? { self: 0, total: 0 };
        times.set(name, { self: before.self + self, total: before.total + total });
    }
    return times;
}

/// `precision_of(time)` is how far a reader's figure may be off because it shows only some digits.
function assert_same_times(found, expected, precision_of, where) {
    assert.deepStrictEqual([...found.keys()].sort(), [...expected.keys()].sort(), where);
    for (const [name, { self, total }] of expected) {
        for (const [what, shown, time] of [['self', found.get(name).self, self], ['total', found.get(name).total, total]])
            assert.ok(Math.abs(shown - time) <= precision_of(time),
                      `${where}: ${name}: ${what} is ${time}, the reader says ${shown}`);
    }
}

const exactly = () => 0;

// --- speedscope ---------------------------------------------------------------------------------

/// Opens a file in speedscope's own page, with the list of functions; the file is handed over as
/// `speedscope FILE` does it.
async function open_in_speedscope(file) {
    const page = await browser.newPage({ viewport: { width: 1200, height: 2000 } });
    const errors = [];
    page.on('pageerror', error => errors.push(error.message));
    const script = path.join(folder, 'load.js');
    const content = fs.readFileSync(file).toString('base64');
    fs.writeFileSync(script, `speedscope.loadFileFromBase64(${JSON.stringify(path.basename(file))}, "${content}")`);
    await page.goto(`file://${speedscope}/index.html#localProfilePath=${script}&view=sandwich`);
    await page.getByText(/Symbol Name|Something went wrong/).first().waitFor();
    const body = await page.locator('body').textContent();
    assert.ok(!body.includes('Something went wrong'), `${file} does not load`);
    assert.deepStrictEqual(errors, []);
    return page;
}

/// 1.25s, 12.34ms, 1.00µs, 5ns, 1:30.25, 1,234.56 (without a unit)
function parse_time(text) {
    const minutes = text.match(/^(\d+):(\d+\.?\d*)$/);
    if (minutes)
        return (Number(minutes[1]) * 60 + Number(minutes[2])) * 1e9;
    const [, number, unit] = text.match(/^([\d,.]+)(s|ms|µs|ns|)$/);
    return Number(number.replaceAll(',', '')) * { s: 1e9, ms: 1e6, 'µs': 1e3, ns: 1, '': 1 }[unit];
}

/// Two decimals of the unit.
function shown_precision(time) {
    const unit = time < 1e3 ? 1 : time < 1e6 ? 1e3 : time < 1e9 ? 1e6 : 1e9;
    return unit * 0.00501;
}

/// What the page's list of functions shows of the profile that is open.
async function listed_functions(page) {
    const rows = await page.evaluate(() => {
        const table = [...document.querySelectorAll('table')].find(t => t.textContent.includes('Symbol Name'));
        const list = table.parentElement.querySelectorAll('table:not(:has(th)) tr, tbody tr');
        return [...list].map(row => [...row.querySelectorAll('td')].map(cell => cell.textContent));
    });
    return times_of(rows.filter(cells => cells.length === 3).map(([total, self, name]) => ({
        name,
        self: parse_time(self.replace(/ \(.*/, '')),
        total: parse_time(total.replace(/ \(.*/, '')),
    })));
}

/// Compares every profile of a file with its thread.
async function check_in_speedscope(session, ending, clock) {
    const { threads } = expected_of(session)[clock];
    const page = await open_in_speedscope(file_of(session, ending));
    for (let i = 0; i < threads.length; ++i) {
        if (i > 0) {
            await page.keyboard.press('n');
            await page.getByText(`(${i + 1}/${threads.length})`).first().waitFor();
        }
        assert_same_times(await listed_functions(page), times_of(threads[i].functions), shown_precision,
                          `${session}${ending}, ${threads[i].name}`);
    }
    await page.close();
}

test('speedscope: every file follows the schema', () => {
    const schema = JSON.parse(fs.readFileSync(path.join(speedscope, 'file-format-schema.json'), 'utf8'));
    const validate = new Ajv({ strict: false }).compile(schema);
    assert.ok(!validate({ profiles: [] }), 'the schema refuses something');
    for (const session of sessions) {
        const endings = ['.speedscope.json', '.cpu.speedscope.json'];
        if (with_timeline.includes(session))
            endings.push('.timeline.speedscope.json');
        for (const ending of endings)
            assert.ok(validate(read_json(session, ending)), `${session}${ending}: ${JSON.stringify(validate.errors)}`);
    }
});

for (const session of sessions) {
    test(`speedscope: its page shows the times of ${session}`, async () => {
        await check_in_speedscope(session, '.speedscope.json', 'wall');
        await check_in_speedscope(session, '.cpu.speedscope.json', 'cpu');
        if (with_timeline.includes(session))
            await check_in_speedscope(session, '.timeline.speedscope.json', 'wall');
    });
}

// --- folded ---------------------------------------------------------------------------------------

/// The thread is a frame, too: around all others.
function times_with_threads({ threads }) {
    const times = times_of(threads.flatMap(thread => thread.functions.map(
        ({ name, self, total }) => ({ name, self, total: name === thread.name ? 0 : total }))));
    return times_of([...[...times].map(([name, time]) => ({ name, ...time })),
                     ...threads.map(({ name, time }) => ({ name, self: 0, total: time }))]);
}

for (const session of ['service', 'inlined', 'random', 'only_self', 'one_sample']) {
    test(`folded: speedscope's page shows the times of ${session}`, async () => {
        const page = await open_in_speedscope(file_of(session, '.folded'));
        assert_same_times(await listed_functions(page), times_with_threads(expected_of(session).wall), () => 0.01,
                          session);
        await page.close();
    });
}

test('folded: hostile names are other names, but the times remain', async () => {
    const sorted = times => [...times.values()].map(({ self, total }) => `${self}/${total}`).sort();
    const page = await open_in_speedscope(file_of('hostile', '.folded'));
    assert.deepStrictEqual(sorted(await listed_functions(page)),
                           sorted(times_with_threads(expected_of('hostile').wall)));
    await page.close();
});

// --- pprof ----------------------------------------------------------------------------------------

function pprof(session, ...words) {
    return child_process.execFileSync(
        'go', ['tool', 'pprof', '-symbolize=none', '-unit=ns', '-nodecount=100000', '-nodefraction=0', '-edgefraction=0',
               ...words, file_of(session, '.pb.gz')],
        { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, LC_ALL: 'C.UTF-8' } });
}

/// The lines `flat flat% sum% cum cum% name` of -top.
function listed_by_pprof(session, sample_index) {
    const lines = pprof(session, '-top', `-sample_index=${sample_index}`).split('\n');
    const first = lines.findIndex(line => line.trimStart().startsWith('flat '));
    assert.notStrictEqual(first, -1);
    const number = text => Number(text.replace(/ns$/, ''));
    return times_of(lines.slice(first + 1).filter(line => line !== '').map(line => {
        const [, self, total, name] = line.match(/^\s*(\S+)\s+\S+\s+\S+\s+(\S+)\s+\S+ {2}(.*)$/);
        return { name: name.replace(/ \((partial-)?inline\)$/, ''), self: number(self), total: number(total) };
    }));
}

/// As names stand in the file, and as pprof prints those that are empty.
function pprof_name(name) {
    return name.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, '\ufffd') || '<unknown>';
}

for (const session of sessions) {
    test(`pprof: -top shows the times of ${session}`, () => {
        const expected = expected_of(session);
        for (const clock of ['wall', 'cpu']) {
            const functions = expected[clock].all.map(f => ({ ...f, name: pprof_name(f.name) }));
            assert_same_times(listed_by_pprof(session, clock), times_of(functions), exactly, `${session}, ${clock}`);
        }
        let samples = 0;
        for (const { self } of listed_by_pprof(session, 'samples').values())
            samples += self;
        assert.strictEqual(samples, expected.samples);
    });
}

test('pprof: wall time is what it shows unless asked', () => {
    assert.match(pprof('service', '-top'), /^Type: wall$/m);
    assert.match(pprof('service', '-top'), /^File: server$/m);
    assert.match(pprof('service', '-top'), /^Build ID: 00ff17$/m);
    assert.match(pprof('service', '-top'), /^Duration: 868ms/m);
});

test('pprof: -tags shows the times of the threads', () => {
    const tags = pprof('service', '-tags');
    for (const { name, tid, time } of expected_of('service').wall.threads) {
        assert.match(tags, new RegExp(`${time}\\.0ns \\(.*\\): ${name}$`, 'm'));
        assert.match(tags, new RegExp(`${time}\\.0ns \\(.*\\): ${tid}(ns)?$`, 'm')); // it gives all numbers the unit
    }
});

test('pprof: -peek shows callers and callees', () => {
    const peek = pprof('service', '-peek', '^parse$').split('\n').map(line => line.trim().split(/\s+/));
    const time_of = (marker, name) => peek.find(words => words.at(-2) === marker && words.at(-1) === name)?.[0];
    assert.strictEqual(time_of('|', 'request'), '233000000ns');
    assert.strictEqual(time_of('|', 'memchr'), '33000000ns');
    assert.ok(peek.some(words => words.at(-1) === 'parse' && words[0] === '200000000ns' && words[3] === '233000000ns'));
});

test('pprof: -traces shows inlined functions within their callers', () => {
    const traces = pprof('inlined', '-traces').split(/-{5,}\+-+\n/);
    const stacks = traces.map(trace => trace.split('\n').filter(line => !/^\s*(\w+:|$)/.test(line))
        .map(line => line.trim().replace(/^\d+ns\s+/, '')).join(' < '));
    for (const stack of ['add (inline) < sum (inline) < main', 'add (inline) < call < add (inline) < sum (inline) < main',
                         'add (inline) < s < sum (inline) < main', 'main', 'add'])
        assert.ok(stacks.includes(stack), `${stack} is not among ${stacks.join('\n')}`);
});

// --- trace events -----------------------------------------------------------------------------------

/// Of the rows of a trace, as viewers stack them: what begins while another lasts lies in it, and
/// must end in it. Times are whole nanoseconds.
function times_of_trace(trace) {
    const rows = new Map();
    for (const event of trace.traceEvents) {
        if (event.ph !== 'X')
            continue;
        assert.deepStrictEqual(Object.keys(event).sort(), ['cat', 'dur', 'name', 'ph', 'pid', 'tid', 'ts']);
        const start = Math.round(event.ts * 1000);
        const end = start + Math.round(event.dur * 1000);
        assert.ok(end > start && start >= 0);
        rows.set(event.tid, [...(rows.get(event.tid) ?? []), { name: event.name, start, end }]);
    }
    const functions = [];
    for (const events of rows.values()) {
        const open = [];
        for (const event of events) {
            while (open.length > 0 && open.at(-1).end <= event.start)
                open.pop();
            const around = open.at(-1);
            assert.ok(!around || (event.start >= around.start && event.end <= around.end),
                      `${event.name} sticks out of ${around?.name}`);
            const time = event.end - event.start;
            functions.push({ name: event.name, self: time, total: open.some(o => o.name === event.name) ? 0 : time });
            if (around)
                functions.push({ name: around.name, self: -time, total: 0 });
            open.push(event);
        }
    }
    return times_of(functions);
}

for (const session of sessions) {
    test(`trace events: nested, and with the times of ${session}`, () => {
        const trace = read_json(session, '.trace.json');
        assert.ok(!('samples' in trace) && !('stackFrames' in trace));
        const expected = expected_of(session).wall;
        assert_same_times(times_of_trace(trace), times_of(expected.all), exactly, session);
        const names = trace.traceEvents.filter(({ ph, name }) => ph === 'M' && name === 'thread_name');
        assert.deepStrictEqual(names.map(({ args, tid }) => [args.name, tid]),
                               expected.threads.map(({ name, tid }) => [name, tid]));
    });
}

test("trace events: speedscope's page shows the times of service", async () => {
    const page = await open_in_speedscope(file_of('service', '.trace.json'));
    const [{ functions }] = expected_of('service').wall.threads;
    assert_same_times(await listed_functions(page), times_of(functions), shown_precision, 'service');
    await page.close();
});

// --- JSON -------------------------------------------------------------------------------------------

for (const session of sessions) {
    test(`json: self times and what was left out make up ${session}`, () => {
        const { threads } = read_json(session, '.json');
        const expected = expected_of(session).wall.threads;
        assert.deepStrictEqual(threads.map(thread => thread.wall_ns), expected.map(({ time }) => time));
        for (const { tree, wall_ns } of threads) {
            let explained = 0;
            const pending = [tree];
            while (pending.length > 0) {
                const node = pending.pop();
                const own = node.self_ns + (node.left_out_ns ?? 0);
                assert.strictEqual(node.children.reduce((sum, child) => sum + child.time_ns, own), node.time_ns);
                explained += own;
                pending.push(...node.children);
            }
            assert.strictEqual(explained, wall_ns);
        }
    });
}
