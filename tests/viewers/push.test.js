// What a Grafana Pyroscope server is sent, as go's pprof reads it.
'use strict';

const assert = require('node:assert');
const child_process = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, test } = require('node:test');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'scopetree-push-'));

before(() => child_process.execFileSync(path.join(process.env.VIEWER_PROGRAMS, 'push'), [folder]));
after(() => fs.rmSync(folder, { recursive: true }));

function pprof(...words) {
    return child_process.execFileSync('go', ['tool', 'pprof', '-symbolize=none', ...words, path.join(folder, 'push.pb.gz')],
                                      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

test('push: -top shows the scopes and functions of the window', () => {
    const top = pprof('-top', '-cum', '-nodefraction=0');
    assert.match(top, /^File: push$/m);
    assert.match(top, /^Type: wall$/m);
    assert.match(top, /^Duration: [\d.]+m?s, Total samples = [\d.]+m?s/m);
    assert.match(top, / pushed scope$/m);
    assert.match(top, / GET \/pushed\/\{id\}$/m);
    assert.match(top, / main$/m);
});

test('push: samples can be asked for by route', () => {
    assert.match(pprof('-tags'), /^ *route: Total [\s\S]*: GET \/pushed\/\{id\}$/m);
    assert.match(pprof('-top', '-cum', '-tagfocus=route=GET /pushed/.id.'), / pushed scope$/m);
    assert.doesNotMatch(pprof('-top', '-cum', '-tagignore=route'), / pushed scope$/m);
});
