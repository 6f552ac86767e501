using System.Buffers.Binary;
using System.Text.Json;
using static TorchSharp.torch;

namespace PreferenceLosses.Torch;

/// <summary>Tensors as a safetensors file, which Python reads and writes too.</summary>
public static class SafeTensorsFile
{
    private const int NumbersAtOnce = 1 << 22;

    /// <summary>Writes tensors, from whatever device they are on, in the order in which they are given.</summary>
    /// <param name="destination">Where to; stays open.</param>
    /// <param name="tensors">The tensors with their names.</param>
    /// <exception cref="NotSupportedException">A tensor is of a type that the format lacks.</exception>
    public static void Write(Stream destination, IEnumerable<KeyValuePair<string, Tensor>> tensors)
    {
        ArgumentNullException.ThrowIfNull(destination);
        var all = tensors.ToArray();
        using var header = new MemoryStream();
        using (var json = new Utf8JsonWriter(header))
        {
            json.WriteStartObject();
            var begin = 0L;
            foreach (var (name, tensor) in all)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", TypeOf(name, tensor));
                json.WriteStartArray("shape");
                foreach (var size in tensor.shape)
                {
                    json.WriteNumberValue(size);
                }

                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(begin);
                json.WriteNumberValue(begin += tensor.numel() * tensor.element_size());
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        // Spaces, so that the numbers begin at a multiple of eight.
        while (header.Length % 8 != 0)
        {
            header.WriteByte((byte)' ');
        }

        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        destination.Write(length);
        header.Position = 0;
        header.CopyTo(destination);
        foreach (var (_, tensor) in all)
        {
            using var scope = NewDisposeScope();
            ForEachPart(tensor.detach().cpu().contiguous(), part => destination.Write(part.bytes));
        }
    }

    /// <summary>Reads tensors into tensors that are there: a module's <c>state_dict()</c>. Floating types are converted, on whatever device they are.</summary>
    /// <param name="source">Where from; stays open.</param>
    /// <param name="name">What errors call it: the path of the file.</param>
    /// <param name="destination">Where each tensor goes; each of them has to be in the file.</param>
    /// <param name="rename">The name in <paramref name="destination"/> of a tensor of the file, or null for one to pass over; names as they are if left out.</param>
    /// <exception cref="InvalidDataException">
    /// The file is damaged, lacks a tensor, or has one that there is no place for or whose shape or kind of numbers is another. Some tensors may have been read then.
    /// </exception>
    public static void Read(Stream source, string name, IReadOnlyDictionary<string, Tensor> destination, Func<string, string?>? rename = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(destination);
        var header = SafeTensorsHeader.Read(source, name);
        var targets = Match(header, name, destination, rename ?? (its => its));
        using var nothing = no_grad();
        foreach (var tensor in header.Tensors)
        {
            using var scope = NewDisposeScope();
            var read = empty([.. tensor.Shape], TypeOf(tensor.Type));
            ForEachPart(read, part => ReadPart(source, part, name, tensor.Name));
            targets[tensor.Name]?.copy_(read);
        }
    }

    private static Dictionary<string, Tensor?> Match(SafeTensorsHeader header, string file, IReadOnlyDictionary<string, Tensor> destination, Func<string, string?> rename)
    {
        var targets = new Dictionary<string, Tensor?>();
        var found = new HashSet<string>();
        foreach (var tensor in header.Tensors)
        {
            targets[tensor.Name] = null;
            if (rename(tensor.Name) is not { } name)
            {
                continue;
            }

            if (!destination.TryGetValue(name, out var target))
            {
                throw new InvalidDataException($"'{file}' has the tensor '{tensor.Name}', which the model does not. It has {string.Join(", ", destination.Keys)}.");
            }

            if (!found.Add(name))
            {
                throw new InvalidDataException($"'{file}' has '{name}' twice; the second one is called '{tensor.Name}'.");
            }

            var type = TypeOf(tensor.Type);
            if (!tensor.Shape.AsSpan().SequenceEqual(target.shape) || (type != target.dtype && !(is_floating_point(type) && target.is_floating_point())))
            {
                throw new InvalidDataException(
                    $"'{file}' has the tensor '{tensor.Name}' as {tensor.Type} [{string.Join(", ", tensor.Shape)}], and the model as {target.dtype} [{string.Join(", ", target.shape)}].");
            }

            targets[tensor.Name] = target;
        }

        return destination.Keys.FirstOrDefault(name => !found.Contains(name)) is { } missing
            ? throw new InvalidDataException($"'{file}' has no tensor '{missing}', which the model needs. It has {string.Join(", ", header.Tensors.Select(tensor => tensor.Name))}.")
            : targets;
    }

    private static void ReadPart(Stream source, Tensor part, string file, string tensor)
    {
        try
        {
            source.ReadExactly(part.bytes);
        }
        catch (EndOfStreamException cut)
        {
            throw new InvalidDataException($"'{file}' ends within the tensor '{tensor}'.", cut);
        }
    }

    /// <summary>The memory of a contiguous tensor on the CPU, in parts that a span can hold.</summary>
    private static void ForEachPart(Tensor tensor, Action<Tensor> action)
    {
        using var flat = tensor.view(-1);
        for (var from = 0L; from < flat.numel(); from += NumbersAtOnce)
        {
            using var part = flat.narrow(0, from, Math.Min(NumbersAtOnce, flat.numel() - from));
            action(part);
        }
    }

    private static string TypeOf(string name, Tensor tensor) => tensor.dtype switch
    {
        ScalarType.Float64 => "F64",
        ScalarType.Float32 => "F32",
        ScalarType.Float16 => "F16",
        ScalarType.BFloat16 => "BF16",
        ScalarType.Int64 => "I64",
        ScalarType.Int32 => "I32",
        ScalarType.Int16 => "I16",
        ScalarType.Int8 => "I8",
        ScalarType.Byte => "U8",
        ScalarType.Bool => "BOOL",
        _ => throw new NotSupportedException($"The tensor '{name}' is of type {tensor.dtype}, which a safetensors file does not have."),
    };

    private static ScalarType TypeOf(string type) => type switch
    {
        "F64" => ScalarType.Float64,
        "F32" => ScalarType.Float32,
        "F16" => ScalarType.Float16,
        "BF16" => ScalarType.BFloat16,
        "I64" => ScalarType.Int64,
        "I32" => ScalarType.Int32,
        "I16" => ScalarType.Int16,
        "I8" => ScalarType.Int8,
        "U8" => ScalarType.Byte,
        _ => ScalarType.Bool,
    };
}
