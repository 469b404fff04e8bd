#pragma once

namespace sallyport::io {

// Gives back the pages of programs and libraries that start-up touched and the gateway's work does
// not: they are clean copies of files, and come back by themselves if they are needed. Best effort;
// call it when things have settled.
void release_start_up_pages();

}  // namespace sallyport::io
