using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text.Json;

namespace PreferenceLosses.Torch;

/// <summary>
/// The beginning of a safetensors file: eight bytes with the length of a JSON object, and the object, which says of every tensor its type, its shape and where its
/// numbers are. Nothing is believed: whatever is read by this header lies inside of the file, once.
/// </summary>
/// <remarks>The format is that of https://github.com/huggingface/safetensors: little-endian numbers, without holes and in row-major order.</remarks>
public sealed class SafeTensorsHeader
{
    /// <summary>The most bytes of a header, as the format has it.</summary>
    private const long MaxLength = 100_000_000;

    private static readonly ImmutableSortedDictionary<string, int> SizeOf = new Dictionary<string, int>
    {
        ["F64"] = 8, ["F32"] = 4, ["F16"] = 2, ["BF16"] = 2, ["I64"] = 8, ["I32"] = 4, ["I16"] = 2, ["I8"] = 1, ["U8"] = 1, ["BOOL"] = 1,
    }.ToImmutableSortedDictionary(StringComparer.Ordinal);

    private SafeTensorsHeader(ImmutableArray<SafeTensor> tensors, ImmutableSortedDictionary<string, string> metadata) => (Tensors, Metadata) = (tensors, metadata);

    /// <summary>The tensors in the order of their numbers.</summary>
    public ImmutableArray<SafeTensor> Tensors { get; }

    /// <summary>What the writer noted, under <c>__metadata__</c>.</summary>
    public ImmutableSortedDictionary<string, string> Metadata { get; }

    /// <summary>Reads a header, and leaves the stream where the numbers begin.</summary>
    /// <param name="source">Where from; stays open. If its length is known, the tensors have to fill it.</param>
    /// <param name="name">What errors call it: the path of the file.</param>
    /// <exception cref="InvalidDataException">It is no safetensors file, cut, or says what cannot be; the message has the file and the tensor.</exception>
    public static SafeTensorsHeader Read(Stream source, string name)
    {
        ArgumentNullException.ThrowIfNull(source);
        Span<byte> prefix = stackalloc byte[8];
        if (source.ReadAtLeast(prefix, prefix.Length, throwOnEndOfStream: false) < prefix.Length)
        {
            throw Wrong(name, "it has fewer than the 8 bytes that a safetensors file begins with");
        }

        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > MaxLength)
        {
            throw Wrong(name, $"its header would have {length} bytes, where {MaxLength} is the most; a safetensors file begins with the length of its header");
        }

        // A length is known only of what can be sought in; a part of a file says its own.
        var rest = source.CanSeek ? source.Length - source.Position : long.MaxValue;
        if ((long)length > rest)
        {
            throw Wrong(name, $"its header would have {length} bytes, and {rest} follow");
        }

        var json = new byte[length];
        if (source.ReadAtLeast(json, json.Length, throwOnEndOfStream: false) < json.Length)
        {
            throw Wrong(name, $"it ends within its header of {length} bytes");
        }

        var header = Parse(json, name);
        var bytes = header.Tensors.IsEmpty ? 0 : header.Tensors[^1].End;
        return !source.CanSeek || bytes == rest - (long)length
            ? header
            : throw Wrong(name, $"its tensors have {bytes} bytes, and {rest - (long)length} follow the header: it was cut, or something was added");
    }

    private static SafeTensorsHeader Parse(ReadOnlyMemory<byte> json, string file)
    {
        var tensors = new List<SafeTensor>();
        var metadata = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        try
        {
            // The format allows spaces after the object, which the parser passes over, and duplicates, which it does not.
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 4, AllowDuplicateProperties = false });
            foreach (var property in Object(document.RootElement, file, "the header").EnumerateObject())
            {
                if (property.Name == "__metadata__")
                {
                    foreach (var note in Object(property.Value, file, "__metadata__").EnumerateObject())
                    {
                        metadata.Add(note.Name, note.Value.GetString() ?? "");
                    }
                }
                else
                {
                    tensors.Add(Tensor(file, property.Name, property.Value));
                }
            }
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"'{file}' is no safetensors file: its header is not the JSON that is expected. {wrong.Message}", wrong);
        }

        tensors.Sort((a, b) => (a.Begin, a.End).CompareTo((b.Begin, b.End)));
        var end = 0L;
        foreach (var tensor in tensors)
        {
            if (tensor.Begin != end)
            {
                throw Wrong(file, tensor.Name, $"begins at byte {tensor.Begin}, where the tensors before it end at {end}: tensors neither overlap nor leave holes");
            }

            end = tensor.End;
        }

        return new([.. tensors], metadata.ToImmutable());
    }

    private static SafeTensor Tensor(string file, string name, JsonElement value)
    {
        Object(value, file, $"the tensor '{name}'");
        if (!value.TryGetProperty("dtype", out var dtype) || !value.TryGetProperty("shape", out var shapeValue) || !value.TryGetProperty("data_offsets", out var offsets))
        {
            throw Wrong(file, name, "lacks one of dtype, shape and data_offsets");
        }

        var type = dtype.GetString() ?? "";
        if (!SizeOf.TryGetValue(type, out var size))
        {
            throw Wrong(file, name, $"is of type '{type}'; {string.Join(", ", SizeOf.Keys)} are read");
        }

        var shape = Numbers(file, name, "shape", shapeValue);
        var places = Numbers(file, name, "data_offsets", offsets);
        if (places.Length != 2 || places[0] > places[1])
        {
            throw Wrong(file, name, $"has the data_offsets [{string.Join(", ", places)}]; two numbers are needed, the second not below the first");
        }

        UInt128 bytes = (uint)size;
        foreach (var length in shape)
        {
            bytes *= (ulong)length;
            if (bytes > long.MaxValue)
            {
                throw Wrong(file, name, $"has the shape [{string.Join(", ", shape)}], which is more than there can be");
            }
        }

        return (UInt128)(places[1] - places[0]) == bytes
            ? new(name, type, shape, places[0], places[1])
            : throw Wrong(file, name, $"has {places[1] - places[0]} bytes, where {type} of shape [{string.Join(", ", shape)}] is {bytes}");
    }

    private static ImmutableArray<long> Numbers(string file, string name, string what, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            throw Wrong(file, name, $"has a {what} that is no array");
        }

        var numbers = ImmutableArray.CreateBuilder<long>(value.GetArrayLength());
        foreach (var element in value.EnumerateArray())
        {
            if (element.ValueKind != JsonValueKind.Number || !element.TryGetInt64(out var number) || number < 0)
            {
                throw Wrong(file, name, $"has {element.GetRawText()} in its {what}; a whole number from 0 is needed");
            }

            numbers.Add(number);
        }

        return numbers.MoveToImmutable();
    }

    private static JsonElement Object(JsonElement value, string file, string what) => value.ValueKind == JsonValueKind.Object
        ? value
        : throw Wrong(file, $"{what} is no JSON object");

    private static InvalidDataException Wrong(string file, string what) => new($"'{file}' cannot be read: {what}.");

    private static InvalidDataException Wrong(string file, string tensor, string what) => new($"'{file}' cannot be read: the tensor '{tensor}' {what}.");
}
