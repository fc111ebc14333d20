-- What the REAPER script sends to Firmus, and what it takes of what comes back: nothing here knows REAPER.
-- Ticks are 480 to the quarter note; bars count from 1.
local music = {}

music.QUARTER = 480

-- JSON ----------------------------------------------------------------------------------------------------------------

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function quoted(text)
  return '"' .. text:gsub('[%c"\\]', function(c) return ESCAPES[c] or ("\\u%04x"):format(c:byte()) end) .. '"'
end

--- A value as JSON; a table is a list where it has `n` or a first element.
function music.encode(value)
  if type(value) == "string" then return quoted(value) end
  if type(value) == "number" then
    return value == math.floor(value) and ("%d"):format(value) or ("%.6g"):format(value)
  end
  if type(value) ~= "table" then return tostring(value) end
  local parts = {}
  if value.n or value[1] ~= nil then
    for i = 1, value.n or #value do parts[i] = music.encode(value[i]) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  local names = {}
  for name in pairs(value) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do parts[i] = quoted(name) .. ":" .. music.encode(value[name]) end
  return "{" .. table.concat(parts, ",") .. "}"
end

local function skip(text, at) return text:find("[^ \t\r\n]", at) or #text + 1 end

local UNESCAPED = { n = "\n", r = "\r", t = "\t", b = "\b", f = "\f" }

local function read_string(text, at)
  local parts, from = {}, at + 1
  while true do
    local stop = assert(text:find('["\\]', from), "a string without an end")
    parts[#parts + 1] = text:sub(from, stop - 1)
    if text:sub(stop, stop) == '"' then return table.concat(parts), stop + 1 end
    local mark = text:sub(stop + 1, stop + 1)
    if mark == "u" then
      parts[#parts + 1] = utf8.char(tonumber(text:sub(stop + 2, stop + 5), 16))
      from = stop + 6
    else
      parts[#parts + 1] = UNESCAPED[mark] or mark
      from = stop + 2
    end
  end
end

local LITERALS = { ["true"] = true, ["false"] = false }
local read_value

local function read_items(text, at, close, read_item)
  at = skip(text, at + 1)
  if text:sub(at, at) == close then return at + 1 end
  while true do
    at = skip(text, read_item(at))
    local mark = text:sub(at, at)
    if mark == close then return at + 1 end
    assert(mark == ",", "JSON that is not valid")
    at = skip(text, at + 1)
  end
end

function read_value(text, at)
  at = skip(text, at)
  local mark = text:sub(at, at)
  if mark == '"' then return read_string(text, at) end
  local found = {}
  if mark == "[" then
    local count = 0
    local stop = read_items(text, at, "]", function(from)
      local item, after = read_value(text, from)
      count = count + 1
      found[count] = item
      return after
    end)
    found.n = count
    return found, stop
  elseif mark == "{" then
    local stop = read_items(text, at, "}", function(from)
      local name, after = read_string(text, from)
      local item, stop = read_value(text, skip(text, after) + 1)
      found[name] = item
      return stop
    end)
    return found, stop
  end
  local word = text:match("^[%w%.%+%-]+", at)
  assert(word, "JSON that is not valid")
  if word == "null" then return nil, at + 4 end
  if LITERALS[word] ~= nil then return LITERALS[word], at + #word end
  return assert(tonumber(word), "JSON that is not valid"), at + #word
end

--- The value of a JSON text.
function music.decode(text) return (read_value(text, 1)) end

-- Music ---------------------------------------------------------------------------------------------------------------

local function part(track)
  local notes = { start = { n = 0 }, duration = { n = 0 }, pitch = { n = 0 }, velocity = { n = 0 } }
  table.sort(track.notes, function(a, b)
    if a.start ~= b.start then return a.start < b.start end
    if a.pitch ~= b.pitch then return a.pitch < b.pitch end
    return a.duration < b.duration
  end)
  for i, note in ipairs(track.notes) do
    for name, column in pairs(notes) do
      column[i] = note[name]
      column.n = i
    end
  end
  return { name = track.name, program = track.program, is_drums = track.drums, notes = notes }
end

--- The piece as Firmus reads it. `tracks`: {name, program, drums, notes = {{start, duration, pitch, velocity}}};
--- `meters`: {start, numerator, denominator}; `tempi`: {start, bpm}; `stop`: its last tick.
function music.score(title, tracks, meters, tempi, stop)
  local parts = { n = #tracks }
  for i, track in ipairs(tracks) do parts[i] = part(track) end
  return {
    format = "firmus-score", version = 1, title = title, composer = "", pickup = 0, ["end"] = stop, meters = meters,
    tempi = tempi, keys = { n = 0 }, chords = { n = 0 }, sections = { n = 0 }, parts = parts,
  }
end

--- The job that composes bars of some tracks (numbers from 1) anew.
function music.job(score, first_bar, last_bar, tracks, count)
  local names = { n = #tracks }
  for i, track in ipairs(tracks) do names[i] = tostring(track) end
  local bars = ("%d-%d"):format(first_bar, last_bar)
  return { kind = "infill", brief = { source = score, bars = bars, parts = names, count = count, quantise = "off" } }
end

--- Notes of a track that begin in a span of ticks, none sounding beyond its end.
function music.composed(score, track, start, stop)
  local columns, notes = score.parts[track].notes, {}
  for i = 1, #columns.start do
    local at = columns.start[i]
    if at >= start and at < stop then
      notes[#notes + 1] = {
        start = at, duration = math.min(columns.duration[i], stop - at), pitch = columns.pitch[i],
        velocity = columns.velocity[i],
      }
    end
  end
  return notes
end

--- Notes of a track once those of a span are others: what begins outside stays as it is.
function music.merged(notes, composed, start, stop)
  local all = {}
  for _, note in ipairs(notes) do
    if note.start < start or note.start >= stop then
      local copy = {}
      for name, value in pairs(note) do copy[name] = value end
      all[#all + 1] = copy
    end
  end
  for _, note in ipairs(composed) do all[#all + 1] = note end
  return all
end

return music
