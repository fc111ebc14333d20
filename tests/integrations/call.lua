-- Calls functions of the REAPER script's firmus_music.lua: lines {"call": name, "with": [arguments]} in, results out.
local music = dofile(arg[1])
for line in io.lines() do
  local asked = music.decode(line)
  io.write(music.encode(music[asked.call](table.unpack(asked.with, 1, asked.with.n))), "\n")
  io.flush()
end
