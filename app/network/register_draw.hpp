// nadc network draw and export.
#pragma once

namespace CLI {
class App;
}

namespace nadc {

struct Command;
void register_draw(CLI::App& network, Command& command);

}  // namespace nadc
