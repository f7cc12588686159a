#include "diagnostics_bindings.h"

#include "util/allocation_tracker.h"
#include "util/napi_util.h"

namespace webcodecs {
namespace {

Napi::Value TrackAllocations(const Napi::CallbackInfo& info) {
  AllocationTracker::Global().Enable(ReadBool(info[0]));
  return info.Env().Undefined();
}

Napi::Value TracksAllocations(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), AllocationTracker::enabled());
}

Napi::Value NameForAllocations(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), AllocationTracker::Global().Intern(info[0].As<Napi::String>().Utf8Value()));
}

Napi::Value SetAllocationContext(const Napi::CallbackInfo& info) {
  AllocationContext::SetCurrent({ReadInt(info[0]), ReadInt(info[1])});
  return info.Env().Undefined();
}

// Rows of numbers become arrays of them, flat.
template <typename Row, typename Write>
Napi::Value ToFlatArray(Napi::Env env, const std::vector<Row>& rows, Write write) {
  Napi::Array array = Napi::Array::New(env);
  uint32_t next = 0;
  for (const Row& row : rows) {
    write(row, [&](double value) { napi_set_element(env, array, next++, Napi::Number::New(env, value)); });
  }
  return array;
}

Napi::Value AllocationReport(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const AllocationTracker::Report report = AllocationTracker::Global().MakeReport();
  Napi::Object out = Napi::Object::New(env);
  out.Set("milliseconds", Napi::Number::New(env, report.milliseconds));
  out.Set("groups", ToFlatArray(env, report.groups, [](const AllocationTracker::Group& group, auto add) {
            add(group.context.source);
            add(group.context.site);
            add(static_cast<int>(group.kind));
            for (const int64_t value :
                 {group.count, group.fresh, group.bytes, group.live, group.live_bytes, group.most_live})
              add(static_cast<double>(value));
          }));
  out.Set("live", ToFlatArray(env, report.live, [](const AllocationTracker::LiveAllocation& live, auto add) {
            add(live.context.source);
            add(live.context.site);
            add(static_cast<int>(live.kind));
            add(static_cast<double>(live.size));
            add(live.fresh ? 1 : 0);
            add(live.milliseconds);
          }));
  out.Set("forgotten", ToFlatArray(env, report.forgotten, [](const AllocationTracker::Forgotten& forgotten, auto add) {
            add(forgotten.context.source);
            add(forgotten.context.site);
            add(static_cast<int>(forgotten.kind));
            add(static_cast<double>(forgotten.count));
            add(static_cast<double>(forgotten.bytes));
          }));
  Napi::Array names = Napi::Array::New(env, report.names.size());
  for (uint32_t i = 0; i < report.names.size(); i++) names.Set(i, Napi::String::New(env, report.names[i]));
  out.Set("names", names);
  return out;
}

}  // namespace

void RegisterDiagnosticsBindings(Napi::Env env, Napi::Object exports) {
  exports.Set("trackAllocations", Napi::Function::New<TrackAllocations>(env));
  exports.Set("tracksAllocations", Napi::Function::New<TracksAllocations>(env));
  exports.Set("nameForAllocations", Napi::Function::New<NameForAllocations>(env));
  exports.Set("setAllocationContext", Napi::Function::New<SetAllocationContext>(env));
  exports.Set("allocationReport", Napi::Function::New<AllocationReport>(env));
}

}  // namespace webcodecs
