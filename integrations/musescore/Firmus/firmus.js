// What the MuseScore plug-in sends to Firmus, and how the notes that come back are written: nothing here knows MuseScore.
// Ticks are 480 to the quarter note, as in MuseScore and in Firmus; bars count from 1, staves from 0.
.pragma library

var QUARTER = 480
var TRIPLET = 160        // a triplet eighth
var SHORTEST = 60        // a 32nd
var MOST_VOICES = 4
var TONICS = ["Cb", "Gb", "Db", "Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "C#"]
var VALUES = [           // ticks, and the note value: numerator and denominator
    [1920, 1, 1], [1440, 3, 4], [960, 1, 2], [720, 3, 8], [480, 1, 4], [360, 3, 16], [240, 1, 8], [180, 3, 32],
    [120, 1, 16], [60, 1, 32],
]

/** The piece as Firmus reads it. `staves`: {name, program, drums, notes: [[start, duration, pitch, velocity]]};
 *  `measures`: {start, end, numerator, denominator}; `sharps` is negative for flats. */
function score(title, staves, measures, bpm, sharps) {
    function full(meter) { return meter.numerator * 4 * QUARTER / meter.denominator }
    var meters = [], first = measures[0].end - measures[0].start
    var pickup = first < full(measures[0]) ? first : 0
    for (var m = 0; m < measures.length; m++) {
        var last = meters[meters.length - 1], each = measures[m]
        var origin = last && (last.start === 0 ? pickup : last.start)
        if (!last || last.numerator !== each.numerator || last.denominator !== each.denominator
                || m > 0 && (each.start - origin) % full(last) !== 0)  // after a short measure
            meters.push({ start: each.start, numerator: each.numerator, denominator: each.denominator })
    }
    return {
        format: "firmus-score", version: 1, title: title, composer: "", pickup: pickup,
        end: measures[measures.length - 1].end, meters: meters, tempi: [{ start: 0, bpm: bpm }],
        keys: [{ start: 0, tonic: TONICS[sharps + 7], mode: "major" }], chords: [], sections: [],
        parts: staves.map(part),
    }
}

function part(staff) {
    var notes = staff.notes.slice().sort(function (a, b) { return a[0] - b[0] || a[2] - b[2] || a[1] - b[1] })
    function column(place) { return notes.map(function (note) { return note[place] }) }
    return {
        name: staff.name, program: staff.program, is_drums: staff.drums,
        notes: { start: column(0), duration: column(1), pitch: column(2), velocity: column(3) },
    }
}

/** The job that composes bars of some staves anew. */
function job(piece, firstBar, lastBar, staves, count) {
    var names = staves.map(function (staff) { return String(staff + 1) })
    return { kind: "infill", brief: { source: piece, bars: firstBar + "-" + lastBar, parts: names, count: count } }
}

/** Notes of a staff that begin in a span of ticks, none sounding beyond its end: [start, duration, pitch, velocity]. */
function composed(piece, staff, start, end) {
    var columns = piece.parts[staff].notes, notes = []
    for (var n = 0; n < columns.start.length; n++)
        if (columns.start[n] >= start && columns.start[n] < end)
            notes.push([columns.start[n], Math.min(columns.duration[n], end - columns.start[n]), columns.pitch[n],
                        columns.velocity[n]])
    return notes
}

/** Notes as they are written: for each voice a list, without a gap, of {tick, ticks, value, pitches, tied, triplet};
 *  a rest has no pitches; `tied` is to the next one; `triplet` counts the place in a triplet, 1 to 3, 0 elsewhere. */
function written(notes, measures, start, end) {
    var inside = measures.filter(function (m) { return m.end > start && m.start < end })
    return voices(onGrid(notes, measures)).map(function (voice) { return filled(voice, inside, start, end) })
}

/** Notes on a grid: in each beat that of 32nds or that of triplet eighths, whichever is nearer to what is in it. */
function onGrid(notes, measures) {
    var errors = {}
    function beat(tick) {
        for (var m = measures.length - 1; m > 0 && measures[m].start > tick; m--) { /* the measure of the tick */ }
        return measures[m].start + Math.floor((tick - measures[m].start) / QUARTER) * QUARTER
    }
    function off(tick, step) { return Math.abs(tick - Math.round(tick / step) * step) }
    notes.forEach(function (note) {
        [note[0], note[0] + note[1]].forEach(function (tick) {
            var first = beat(tick), error = errors[first] = errors[first] || { binary: 0, triplet: 0 }
            error.binary += off(tick - first, SHORTEST)
            error.triplet += off(tick - first, TRIPLET)
        })
    })
    function step(tick) { var error = errors[beat(tick)]; return error.triplet < error.binary ? TRIPLET : SHORTEST }
    function near(tick) { var first = beat(tick); return first + Math.round((tick - first) / step(tick)) * step(tick) }
    return notes.map(function (note) {
        var start = near(note[0]), end = near(note[0] + note[1])
        return [start, end > start ? end - start : step(note[0]), note[2], note[3]]
    })
}

/** Chords that do not overlap, as few voices as may be. */
function voices(notes) {
    var found = [[]], chords = {}
    notes.slice().sort(function (a, b) { return a[0] - b[0] || b[1] - a[1] || b[2] - a[2] }).forEach(function (note) {
        var name = note[0] + " " + note[1]
        if (chords[name]) { if (chords[name].pitches.indexOf(note[2]) < 0) chords[name].pitches.push(note[2]); return }
        var chord = chords[name] = { start: note[0], end: note[0] + note[1], pitches: [note[2]] }
        for (var v = 0; v < found.length; v++) {
            var last = found[v][found[v].length - 1]
            if (!last || last.end <= chord.start) { found[v].push(chord); return }
        }
        if (found.length < MOST_VOICES) { found.push([chord]); return }
        var held = found[0][found[0].length - 1]      // no voice is free: the first one lets go
        if (held.start < chord.start) { held.end = chord.start; found[0].push(chord) }
    })
    return found
}

function filled(voice, measures, start, end) {
    var written = [], at = start
    function write(until, pitches) {
        measures.forEach(function (measure) {
            var from = Math.max(at, measure.start), to = Math.min(until, measure.end)
            if (from < to) divided(from, to, measure.start).forEach(function (piece, index, all) {
                piece.pitches = pitches
                piece.tied = pitches.length > 0 && (index < all.length - 1 || to < until)
                written.push(piece)
            })
        })
        at = until
    }
    voice.forEach(function (chord) {
        if (chord.start > at) write(chord.start, [])
        if (chord.end > at) write(Math.min(chord.end, end), chord.pitches)
    })
    if (at < end) write(end, [])
    return triplets(written)
}

/** A span within a measure as note values; what is off the binary grid, in triplet eighths within its beat. */
function divided(from, to, origin) {
    var pieces = [], at = from
    while (at < to) {
        var beat = origin + Math.floor((at - origin) / QUARTER) * QUARTER, next = Math.min(to, beat + QUARTER)
        var offBeat = (at - beat) % SHORTEST !== 0 || ((next - beat) % SHORTEST !== 0)
        if (offBeat) {
            for (; at < next; at += TRIPLET) pieces.push({ tick: at, ticks: TRIPLET, value: [1, 8], triplet: 1 + (at - beat) / TRIPLET })
            continue
        }
        var whole = to - (((to - beat) % QUARTER) % SHORTEST ? (to - beat) % QUARTER : 0)  // a triplet at the end is apart
        for (var v = 0; v < VALUES.length; v++)
            if (VALUES[v][0] <= whole - at && fits(at - origin, VALUES[v][0])) {
                pieces.push({ tick: at, ticks: VALUES[v][0], value: [VALUES[v][1], VALUES[v][2]], triplet: 0 })
                at += VALUES[v][0]
                break
            }
    }
    return pieces
}

/** Whether a value may stand at a place of its measure: off the beat none goes beyond the next one. */
function fits(place, ticks) {
    var within = place % QUARTER
    return within === 0 || within + ticks <= QUARTER
}

/** The same, where a beat that has a triplet anywhere is one throughout. */
function triplets(pieces) {
    var beats = {}
    pieces.forEach(function (piece) { if (piece.triplet) beats[piece.tick - (piece.triplet - 1) * TRIPLET] = true })
    var all = []
    pieces.forEach(function (piece) {
        var first = Object.keys(beats).map(Number).filter(function (beat) {
            return !piece.triplet && beat < piece.tick + piece.ticks && piece.tick < beat + QUARTER })
        if (!first.length) { all.push(piece); return }
        var beat = first[0], at = Math.round((piece.tick - beat) / TRIPLET), to = Math.round((piece.tick + piece.ticks - beat) / TRIPLET)
        for (; at < to; at++)
            all.push({ tick: beat + at * TRIPLET, ticks: TRIPLET, value: [1, 8], triplet: at + 1, pitches: piece.pitches,
                       tied: piece.pitches.length > 0 && (at < to - 1 || piece.tied) })
    })
    return all
}
