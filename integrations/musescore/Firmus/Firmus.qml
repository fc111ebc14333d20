// Firmus for MuseScore 4: select bars and staves; four candidates come back; hear each in its place, and keep one.
import QtQuick 2.15
import QtQuick.Controls 2.15
import QtQuick.Layouts 1.15
import MuseScore 3.0
import "firmus.js" as Firmus

MuseScore {
    id: plugin
    title: "Firmus"
    description: "Compose the selected bars anew, with the Firmus service of this machine"
    version: "0.1"
    categoryCode: "composing-arranging-tools"
    pluginType: "dialog"
    width: 360
    height: 220

    property string service: "http://127.0.0.1:8340"
    property bool isChinese: Qt.locale().name.indexOf("zh") === 0
    property var works: []
    property var candidates: ({})
    property var measures: []
    property var staves: []
    property int firstBar: 0
    property int lastBar: 0
    property int shown: -1
    property int steps: 0  // of undo, that take the shown candidate away

    function say(english, chinese) { return isChinese ? chinese : english }

    onRun: {
        if (!curScore || !curScore.selection.isRange) {
            status.text = say("Select bars of some staves first.", "请先选中一些谱表的若干小节。")
            return
        }
        readSelection()
        ask()
    }

    function readSelection() {
        var selection = curScore.selection, from = selection.startSegment.tick
        var until = selection.endSegment ? selection.endSegment.tick : curScore.lastSegment.tick
        measures = readMeasures()
        staves = []
        for (var s = selection.startStaff; s < selection.endStaff; s++) staves.push(s)
        var shift = measures[0].end - measures[0].start < fullBar(measures[0]) ? 0 : 1  // an incomplete first bar is bar 0
        for (var m = 0; m < measures.length; m++) {
            if (measures[m].start <= from) firstBar = m + shift
            if (measures[m].start < until) lastBar = m + shift
        }
    }

    function fullBar(measure) { return measure.numerator * 4 * Firmus.QUARTER / measure.denominator }

    function readMeasures() {
        var found = [], measure = curScore.firstMeasure
        for (; measure; measure = measure.nextMeasure) {
            var start = measure.firstSegment.tick, next = measure.nextMeasure
            found.push({ start: start, end: next ? next.firstSegment.tick : curScore.lastSegment.tick,
                         numerator: measure.timesigActual.numerator, denominator: measure.timesigActual.denominator })
        }
        if (found.length > 1) {  // an incomplete first bar has the meter of the second
            found[0].numerator = found[1].numerator
            found[0].denominator = found[1].denominator
        }
        return found
    }

    function readStaves() {
        var found = []
        for (var p = 0; p < curScore.parts.length; p++) {
            var part = curScore.parts[p], first = part.startTrack / 4, last = part.endTrack / 4
            for (var s = first; s < last; s++)
                found.push({ name: part.longName + (last - first > 1 ? " " + (s - first + 1) : ""),
                             program: part.midiProgram, drums: part.hasDrumStaff, notes: readNotes(s) })
        }
        return found
    }

    function readNotes(staff) {
        var notes = []
        for (var voice = 0; voice < 4; voice++) {
            var cursor = curScore.newCursor()
            cursor.staffIdx = staff
            cursor.voice = voice
            for (cursor.rewind(0); cursor.segment; cursor.next()) {
                var chord = cursor.element
                if (!chord || chord.type !== Element.CHORD) continue
                for (var n = 0; n < chord.notes.length; n++) {
                    var note = chord.notes[n]
                    if (!note.tieBack) notes.push([cursor.tick, held(note), note.pitch, 80])
                }
            }
        }
        return notes
    }

    /** Ticks of a note with all that it is tied to. */
    function held(note) {
        var ticks = note.parent.actualDuration.ticks
        for (var tie = note.tieForward; tie; tie = tie.endNote.tieForward) ticks += tie.endNote.parent.actualDuration.ticks
        return ticks
    }

    function ask() {
        var cursor = curScore.newCursor()
        cursor.rewind(0)
        var piece = Firmus.score(curScore.title, readStaves(), measures, Math.round(cursor.tempo * 60), cursor.keySignature)
        status.text = say("Composing bars ", "正在谱写小节 ") + firstBar + "–" + lastBar + " …"
        send("POST", "/v1/jobs", Firmus.job(piece, firstBar, lastBar, staves, 4), finished)
    }

    function finished(job) {
        if (job.state === "queued" || job.state === "running") {
            send("GET", "/v1/jobs/" + job.id, null, finished)
            return
        }
        if (job.state !== "succeeded") {
            status.text = job.error ? job.error.detail : job.state
            return
        }
        works = job.result.works
        status.text = say("Hear each in its place, then keep one.", "逐一试听，然后保留其一。")
        show(0)
    }

    function send(method, path, body, done) {
        var request = new XMLHttpRequest()
        request.open(method, service + path)
        request.setRequestHeader("Content-Type", "application/json")
        request.setRequestHeader("Prefer", "wait=50")
        request.setRequestHeader("Accept-Language", isChinese ? "zh" : "en")
        request.onreadystatechange = function () {
            if (request.readyState !== XMLHttpRequest.DONE) return
            if (request.status === 0)
                status.text = say("Firmus is not running: start it with  firmus studio", "Firmus 未运行：请先执行  firmus studio")
            else if (request.status >= 400) status.text = JSON.parse(request.responseText).detail
            else done(JSON.parse(request.responseText))
        }
        request.send(body ? JSON.stringify(body) : "")
    }

    function show(place) {
        if (candidates[place]) { put(place); return }
        send("GET", "/v1/works/" + works[place].id + "/files/json", null, function (file) {
            candidates[place] = file.score || file
            put(place)
        })
    }

    function put(place) {
        takeBack()
        var shift = measures[0].end - measures[0].start < fullBar(measures[0]) ? 0 : 1
        var start = measures[firstBar - shift].start, end = measures[lastBar - shift].end
        var ties = []
        curScore.startCmd("Firmus")
        for (var s = 0; s < staves.length; s++) {
            var notes = Firmus.composed(candidates[place], staves[s], start, end)
            var all = Firmus.written(notes, measures, start, end)
            for (var v = 0; v < 4; v++) {
                write(staves[s], v, all[v] || [], start, end)
                if (all[v]) all[v].forEach(function (event) { if (event.tied) ties.push([staves[s], v, event.tick]) })
            }
        }
        curScore.endCmd()
        steps = 1
        ties.forEach(function (each) { tie(each[0], each[1], each[2]) })
        shown = place
    }

    function takeBack() {
        for (; steps > 0; steps--) cmd("undo")
        shown = -1
    }

    function write(staff, voice, events, start, end) {
        var cursor = curScore.newCursor()
        cursor.staffIdx = staff
        cursor.voice = voice
        if (!events.length) { clear(cursor, start, end); return }
        for (var e = 0; e < events.length; e++) {
            var event = events[e]
            cursor.rewindToTick(event.tick)
            if (event.triplet === 1) {
                cursor.addTuplet(fraction(3, 2), fraction(1, 4))
                cursor.rewindToTick(event.tick)
            }
            cursor.setDuration(event.value[0], event.value[1])
            if (event.pitches.length) event.pitches.forEach(function (pitch, index) { cursor.addNote(pitch, index > 0) })
            else cursor.addRest()
        }
    }

    function tie(staff, voice, tick) {
        var cursor = curScore.newCursor()
        cursor.staffIdx = staff
        cursor.voice = voice
        cursor.rewindToTick(tick)
        var chord = cursor.element
        if (!chord || chord.type !== Element.CHORD) return
        for (var n = 0; n < chord.notes.length; n++) {
            curScore.selection.select(chord.notes[n])
            cmd("tie")
            steps++
        }
    }

    /** Take what is in a voice that the candidate does not have. */
    function clear(cursor, start, end) {
        var found = []
        for (cursor.rewindToTick(start); cursor.segment && cursor.tick < end; cursor.next())
            if (cursor.element) found.push(cursor.element)
        found.forEach(function (element) { removeElement(element) })
    }

    ColumnLayout {
        anchors.fill: parent
        anchors.margins: 12
        Label { id: status; Layout.fillWidth: true; wrapMode: Text.WordWrap }
        RowLayout {
            Repeater {
                model: plugin.works.length
                Button {
                    required property int index
                    text: String.fromCharCode(65 + index)
                    highlighted: plugin.shown === index
                    onClicked: { plugin.show(index) }
                }
            }
        }
        RowLayout {
            Button {
                text: plugin.say("Keep", "保留")
                enabled: plugin.shown >= 0
                onClicked: quit()
            }
            Button {
                text: plugin.say("Discard", "放弃")
                onClicked: { plugin.takeBack(); quit() }
            }
        }
    }
}
