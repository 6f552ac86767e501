using System.Collections.Immutable;

namespace PreferenceLosses.Torch;

/// <summary>What a safetensors file says of one of its tensors.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its number type, as the format writes it: <c>F64</c>, <c>F32</c>, <c>F16</c>, <c>BF16</c>, <c>I64</c>, <c>I32</c>, <c>I16</c>, <c>I8</c>, <c>U8</c> or <c>BOOL</c>.</param>
/// <param name="Shape">Its sizes; none for a single number.</param>
/// <param name="Begin">Where its numbers begin, in bytes from the end of the header.</param>
/// <param name="End">Where they end.</param>
public sealed record SafeTensor(string Name, string Type, ImmutableArray<long> Shape, long Begin, long End);
