// Files that are there whole or not at all: written under a temporary name in the same folder, synced to the disk, and
// renamed onto the final name. A process killed at any moment leaves the old file, and at worst a temporary beside it,
// which the next write of the same path replaces. What is not a regular file (/dev/stdout, a pipe) is written straight.
// Errors: nadc::Error with the path, the system's reason and a hint; kind `failed`, or `usage` for a path that can
// never be written, such as a directory.
#pragma once
#include <string>
#include <string_view>

#include "sim/error.hpp"

namespace nadc {

Place in_file(std::string path);

// What a user can do about a system error number; empty where there is nothing to say.
std::string hint_for_errno(int number);

// "cannot WHAT (reason)" for the system error `number` at the path.
Error file_error(ErrorKind kind, const std::string& what, int number, const std::string& path);

// Where a path leads, through symbolic links: a rename onto a link would replace the link.
std::string resolved(const std::string& path);

// The name under which a file is written until it is whole.
std::string temporary_name(const std::string& path);

// Fails early, with a reason, when a regular file could not be put at the path: a directory, a device, no such folder,
// no permission. Follows symbolic links.
void check_writable(const std::string& path);

// Syncs the temporary file and its folder around a rename onto the path.
void publish(const std::string& temporary, const std::string& path);

void write_file(const std::string& path, std::string_view text);

}  // namespace nadc
