-- Firmus for REAPER: set a time selection, select MIDI items of some tracks; four candidates come back; hear each in
-- its place, and keep one. The Firmus service of this machine composes (`firmus studio`, `firmus serve`); curl asks it.
local folder = debug.getinfo(1, "S").source:match("^@(.*[/\\])")
local music = dofile(folder .. "firmus_music.lua")

local SERVICE = "http://127.0.0.1:8340"
local COUNT = 4
local SECONDS = 120 -- that a job may take
local DRUMS = 9     -- MIDI channel, from 0

local function stop_with(message)
  reaper.MB(message, "Firmus", 0)
  error(message, 0)
end

--- Ask the service; its answer.
local function ask(method, path, body)
  local command = ('curl -s -m 60 -X %s -H "Content-Type: application/json" -H "Prefer: wait=50" "%s%s"'):format(
    method, SERVICE, path)
  local name
  if body then
    name = folder .. "request.json"
    local file = assert(io.open(name, "wb"))
    file:write(music.encode(body))
    file:close()
    command = command .. (' --data-binary "@%s"'):format(name)
  end
  local answer = reaper.ExecProcess(command, 61000)
  if name then os.remove(name) end
  local status, text = (answer or ""):match("^(%d+)\n(.*)$")
  if status ~= "0" then stop_with("Firmus is not running: start it with  firmus studio") end
  local document = music.decode(text)
  if document.detail and document.type then stop_with(document.detail) end
  return document
end

local function ticks(seconds) -- from the beginning of the project
  return math.floor(reaper.TimeMap2_timeToQN(0, seconds) * music.QUARTER + 0.5)
end

local function seconds(tick) return reaper.TimeMap2_QNToTime(0, tick / music.QUARTER) end

--- Notes of a take, in ticks, with the channel that they are on.
local function read_notes(take)
  local notes, _, count = {}, reaper.MIDI_CountEvts(take)
  for i = 0, count - 1 do
    local _, selected, muted, from, to, channel, pitch, velocity = reaper.MIDI_GetNote(take, i)
    local start = ticks(reaper.MIDI_GetProjTimeFromPPQPos(take, from))
    local stop = ticks(reaper.MIDI_GetProjTimeFromPPQPos(take, to))
    notes[#notes + 1] = { start = start, duration = math.max(stop - start, 1), pitch = pitch, velocity = velocity,
                          channel = channel, selected = selected, muted = muted }
  end
  return notes
end

--- Every track with a MIDI item under the time selection, and whether that item is selected.
local function read_tracks(from, to)
  local tracks, wanted = {}, {}
  for t = 0, reaper.CountTracks(0) - 1 do
    local track = reaper.GetTrack(0, t)
    for i = 0, reaper.CountTrackMediaItems(track) - 1 do
      local item = reaper.GetTrackMediaItem(track, i)
      local begin = reaper.GetMediaItemInfo_Value(item, "D_POSITION")
      local finish = begin + reaper.GetMediaItemInfo_Value(item, "D_LENGTH")
      local take = reaper.GetActiveTake(item)
      if take and reaper.TakeIsMIDI(take) and begin < to and finish > from then
        local _, name = reaper.GetTrackName(track)
        local notes = read_notes(take)
        local drums = notes[1] ~= nil and notes[1].channel == DRUMS
        tracks[#tracks + 1] = { name = name, program = 0, drums = drums, notes = notes, take = take }
        if reaper.IsMediaItemSelected(item) then wanted[#wanted + 1] = #tracks end
        break
      end
    end
  end
  return tracks, wanted
end

--- Meters and tempi of the project, and its last tick, a whole bar.
local function read_time(to)
  local meters, tempi = { n = 0 }, { n = 0 }
  local bar, last = 0, 0
  while last < ticks(to) do
    local _, start_qn, stop_qn, numerator, denominator, bpm = reaper.TimeMap_GetMeasureInfo(0, bar)
    local start = math.floor(start_qn * music.QUARTER + 0.5)
    local meter, tempo = meters[meters.n], tempi[tempi.n]
    if not meter or meter.numerator ~= numerator or meter.denominator ~= denominator then
      meters.n = meters.n + 1
      meters[meters.n] = { start = start, numerator = numerator, denominator = denominator }
    end
    local quarters = bpm * 4 / denominator
    if not tempo or math.abs(tempo.bpm - quarters) > 0.01 then
      tempi.n = tempi.n + 1
      tempi[tempi.n] = { start = start, bpm = quarters }
    end
    bar, last = bar + 1, math.floor(stop_qn * music.QUARTER + 0.5)
  end
  return meters, tempi, last
end

local function bar_of(time) -- from 1
  local _, bar = reaper.TimeMap2_timeToBeats(0, time)
  return bar + 1
end

--- Put notes into a take, in the place of all that it has.
local function write_notes(take, notes, channel)
  local _, count = reaper.MIDI_CountEvts(take)
  reaper.MIDI_DisableSort(take)
  for i = count - 1, 0, -1 do reaper.MIDI_DeleteNote(take, i) end
  for _, note in ipairs(notes) do
    local from = reaper.MIDI_GetPPQPosFromProjTime(take, seconds(note.start))
    local to = reaper.MIDI_GetPPQPosFromProjTime(take, seconds(note.start + note.duration))
    reaper.MIDI_InsertNote(take, note.selected or false, note.muted or false, from, to, note.channel or channel,
      note.pitch, note.velocity, true)
  end
  reaper.MIDI_Sort(take)
end

local function finished(job)
  local until_time = reaper.time_precise() + SECONDS
  while job.state == "queued" or job.state == "running" do
    if reaper.time_precise() > until_time then stop_with("Firmus took too long: select fewer bars") end
    job = ask("GET", "/v1/jobs/" .. job.id)
  end
  if job.state ~= "succeeded" then stop_with(job.error and job.error.detail or job.state) end
  return job.result.works
end

local function main()
  local from, to = reaper.GetSet_LoopTimeRange(false, false, 0, 0, false)
  if to <= from then stop_with("Set a time selection over the bars that are to be composed.") end
  local tracks, wanted = read_tracks(0, math.huge)
  if #wanted == 0 then stop_with("Select the MIDI items that are to change.") end
  local first, last = bar_of(from), bar_of(to - 1e-6)
  local start = math.floor(select(2, reaper.TimeMap_GetMeasureInfo(0, first - 1)) * music.QUARTER + 0.5)
  local stop = math.floor(select(3, reaper.TimeMap_GetMeasureInfo(0, last - 1)) * music.QUARTER + 0.5)
  local latest = to
  for _, track in ipairs(tracks) do
    for _, note in ipairs(track.notes) do latest = math.max(latest, seconds(note.start + note.duration)) end
  end
  local meters, tempi, final = read_time(latest)
  local score = music.score(reaper.GetProjectName(0, ""), tracks, meters, tempi, final)
  local works = finished(ask("POST", "/v1/jobs", music.job(score, first, last, wanted, COUNT)))
  for place = 1, #works do
    local file = ask("GET", "/v1/works/" .. works[place].id .. "/files/json")
    local candidate = file.score or file
    reaper.Undo_BeginBlock()
    for _, number in ipairs(wanted) do
      local track = tracks[number]
      local composed = music.composed(candidate, number, start, stop)
      local channel = track.notes[1] and track.notes[1].channel or 0
      write_notes(track.take, music.merged(track.notes, composed, start, stop), channel)
    end
    reaper.Undo_EndBlock("Firmus: candidate " .. place, -1)
    reaper.UpdateArrange()
    reaper.OnPlayButton()
    local question = ("Candidate %d of %d. Keep it?\nNo plays the next one."):format(place, #works)
    local answer = reaper.MB(question, "Firmus", 3)
    reaper.OnStopButton()
    if answer == 6 then return end -- yes
    reaper.Undo_DoUndo2(0)
    if answer == 2 then return end -- cancel
  end
end

main()
