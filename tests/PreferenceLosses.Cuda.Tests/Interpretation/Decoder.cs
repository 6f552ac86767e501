using System.Globalization;

namespace PreferenceLosses.Cuda.Tests.Interpretation;

/// <summary>What the machine has to do for an instruction.</summary>
internal enum Kind
{
    /// <summary>Something with registers alone.</summary>
    Registers,
    Load,
    Store,
    Branch,
    Barrier,
    Shuffle,
    Return,
}

/// <summary>Where a load or store goes.</summary>
internal enum AddressSpace
{
    Global,
    Constant,
    Shared,
    Parameter,
}

/// <summary>An instruction, ready to be run: registers are places in an array, and so are constants.</summary>
internal sealed record Decoded(Kind Kind, PtxLine Line)
{
    public int Predicate { get; init; } = -1;

    public Action<ulong[]>? Run { get; init; }

    public AddressSpace Space { get; init; }

    /// <summary>The register of the address; −1 if there is none.</summary>
    public int Base { get; init; } = -1;

    public long Offset { get; init; }

    /// <summary>The registers that are loaded or stored.</summary>
    public int[] Values { get; init; } = [];

    public int ElementSize { get; init; }

    public bool IsSigned { get; init; }

    public int Target { get; init; }

    /// <summary>Of a shuffle: destination, value, distance, clamp, members.</summary>
    public int[] Shuffle { get; init; } = [];

    public string Mode { get; init; } = "";
}

/// <summary>Checks the types of a kernel's operands, as an assembler does, and turns its text into something that runs.</summary>
internal sealed class Decoder
{
    private static readonly string[] Specials = ["%tid.x", "%ntid.x", "%ctaid.x", "%nctaid.x", "%laneid"];

    private readonly PtxKernelText text;
    private readonly Dictionary<string, int> slots = [];
    private readonly Dictionary<ulong, int> constants = [];
    private readonly List<ulong> initial = [];

    public Decoder(PtxKernelText text)
    {
        this.text = text;
        foreach (var special in Specials)
        {
            slots[special] = NewSlot(0);
        }

        Code = [.. text.Lines.Select(Decode)];
    }

    public Decoded[] Code { get; }

    /// <summary>The registers as a thread finds them: constants in their places, rubbish elsewhere.</summary>
    public ulong[] Initial => [.. initial];

    public int Special(string name) => slots[name];

    private int NewSlot(ulong value)
    {
        initial.Add(value);
        return initial.Count - 1;
    }

    private Decoded Decode(PtxLine line)
    {
        try
        {
            var parts = line.Opcode.Split('.');
            var decoded = parts[0] switch
            {
                "ld" or "st" => Memory(line, parts),
                "bra" => new Decoded(Kind.Branch, line) { Target = text.Labels[line.Operands[0]] },
                "bar" or "barrier" => Barrier(line),
                "shfl" => Shuffle(line, parts),
                "ret" or "exit" => new Decoded(Kind.Return, line),
                _ => new Decoded(Kind.Registers, line) { Run = Registers(line, parts) },
            };
            return line.Predicate is null ? decoded : decoded with { Predicate = Slot(line.Predicate, "pred") };
        }
        catch (Exception e) when (e is not PtxException)
        {
            throw new PtxException($"{text.Name}: '{line.Text}' is not understood: {e.Message}");
        }
        catch (PtxException e)
        {
            throw new PtxException($"{text.Name}: '{line.Text}': {e.Message}");
        }
    }

    private static Decoded Barrier(PtxLine line) => line is { Opcode: "bar.sync" or "barrier.sync", Operands: ["0"] }
        ? new Decoded(Kind.Barrier, line)
        : throw new PtxException("only bar.sync 0 is known.");

    private Decoded Shuffle(PtxLine line, string[] parts)
    {
        if (parts is not ["shfl", "sync", "bfly" or "idx" or "down", "b32"])
        {
            throw new PtxException("this shuffle is not known.");
        }

        return new Decoded(Kind.Shuffle, line)
        {
            Mode = parts[2],
            Shuffle = [.. line.Operands.Select(o => Slot(o.Split('|')[0], "b32"))],
        };
    }

    private Decoded Memory(PtxLine line, string[] parts)
    {
        var isLoad = parts[0] == "ld";
        var type = parts[^1];
        var count = parts.Contains("v4") ? 4 : parts.Contains("v2") ? 2 : 1;
        var size = PtxModule.SizeOf(type);
        var space = parts.Contains("param") ? AddressSpace.Parameter
            : parts.Contains("shared") ? AddressSpace.Shared
            : !parts.Contains("global") ? throw new PtxException("generic addresses are not known.")
            : parts.Contains("nc") ? AddressSpace.Constant
            : AddressSpace.Global;
        if (!isLoad && space is AddressSpace.Constant or AddressSpace.Parameter && !isLoad)
        {
            throw new PtxException("this memory is not written.");
        }

        var known = new[] { "ld", "st", "param", "shared", "global", "nc", "v2", "v4", "L1::no_allocate", "cs", type };
        if (parts.FirstOrDefault(p => !known.Contains(p)) is { } unknown)
        {
            throw new PtxException($"the modifier .{unknown} is not known.");
        }

        var (address, values) = isLoad ? (line.Operands[1], line.Operands[0]) : (line.Operands[0], line.Operands[1]);
        var registers = values.Trim('{', '}').Split(',', StringSplitOptions.TrimEntries);
        if (registers.Length != count)
        {
            throw new PtxException($"{count} registers are needed.");
        }

        var (start, offset) = Address(address, space);
        return new Decoded(isLoad ? Kind.Load : Kind.Store, line)
        {
            Space = space,
            Base = start,
            Offset = offset,
            ElementSize = size,
            IsSigned = type[0] == 's',
            Values = [.. registers.Select(r => Slot(r, type, mayBeWider: true))],
        };
    }

    private (int Base, long Offset) Address(string operand, AddressSpace space)
    {
        var inside = operand.Trim('[', ']', ' ');
        var plus = inside.LastIndexOf('+');
        var offset = plus < 0 ? 0 : long.Parse(inside[(plus + 1)..], CultureInfo.InvariantCulture);
        var name = (plus < 0 ? inside : inside[..plus]).Trim();
        return space switch
        {
            AddressSpace.Parameter => (-1, offset + text.Parameters.Single(p => p.Name == name).Offset),
            AddressSpace.Shared when text.Shared.TryGetValue(name, out var start) => (-1, offset + start),
            AddressSpace.Shared => (Slot(name, RegisterType(name) is "b64" ? "b64" : "b32"), offset),
            _ => (Slot(name, "b64"), offset),
        };
    }

    private Action<ulong[]> Registers(PtxLine line, string[] parts)
    {
        var operands = line.Operands;
        if (parts[0] == "mov" && (operands[0][0] == '{' || operands[1][0] == '{'))
        {
            return MovePair(operands, parts[1]);
        }

        if (parts[0] == "cvta")
        {
            var (d, s) = (Slot(operands[0], "b64"), Slot(operands[1], "b64"));
            return r => r[d] = r[s];
        }

        return new InstructionSet((operand, type) => Slot(operand, type)).Find(parts, operands);
    }

    private Action<ulong[]> MovePair(string[] operands, string type)
    {
        var (half, bits) = type switch
        {
            "b64" => ("b32", 32),
            "b32" => ("b16", 16),
            _ => throw new PtxException("pairs have 32 or 64 bits."),
        };
        var mask = (1UL << bits) - 1;
        var isSplit = operands[0][0] == '{';
        var pair = operands[isSplit ? 0 : 1].Trim('{', '}').Split(',', StringSplitOptions.TrimEntries);
        var (low, high, whole) = (Slot(pair[0], half), Slot(pair[1], half), Slot(operands[isSplit ? 1 : 0], type));
        return isSplit
            ? r =>
            {
                r[low] = r[whole] & mask;
                r[high] = (r[whole] >> bits) & mask;
            }
            : r => r[whole] = (r[low] & mask) | ((r[high] & mask) << bits);
    }

    /// <summary>The place of a register or constant, whose type has to be one that the instruction accepts.</summary>
    private int Slot(string operand, string type, bool mayBeWider = false)
    {
        if (operand[0] == '%')
        {
            if (Specials.Contains(operand))
            {
                return slots[operand];
            }

            var declared = RegisterType(operand);
            if (!Accepts(type, declared, mayBeWider))
            {
                throw new PtxException($"{operand} is .{declared} where .{type} is needed.");
            }

            if (!slots.TryGetValue(operand, out var slot))
            {
                slots[operand] = slot = NewSlot(0xFFFF_FFFF_FFFF_FFFF);
            }

            return slot;
        }

        if (text.Shared.TryGetValue(operand, out var offset))
        {
            return Constant((ulong)offset);
        }

        return Constant(Literal(operand, type));
    }

    private int Constant(ulong value)
    {
        if (!constants.TryGetValue(value, out var slot))
        {
            constants[value] = slot = NewSlot(value);
        }

        return slot;
    }

    private static ulong Literal(string literal, string type)
    {
        var isFloat = type[0] == 'f';
        if (literal.StartsWith("0f", StringComparison.Ordinal) || literal.StartsWith("0d", StringComparison.Ordinal))
        {
            var needed = literal[1] == 'f' ? "f32" : "f64";
            return type == needed || type == "b" + needed[1..]
                ? ulong.Parse(literal.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
                : throw new PtxException($"{literal} is .{needed} where .{type} is needed.");
        }

        return isFloat
            ? throw new PtxException($"{literal} is an integer where .{type} is needed.")
            : (ulong)long.Parse(literal, CultureInfo.InvariantCulture);
    }

    private string RegisterType(string register)
    {
        var name = register.TrimEnd([.. "0123456789"]);
        if (!text.Registers.TryGetValue(name, out var declared) || int.Parse(register.AsSpan(name.Length), CultureInfo.InvariantCulture) >= declared.Count)
        {
            throw new PtxException($"{register} is not declared.");
        }

        return declared.Type;
    }

    /// <summary>PTX's rule: the same size, and not an integer where there is a float; what is loaded or stored may lie in a wider register.</summary>
    private static bool Accepts(string wanted, string declared, bool mayBeWider)
    {
        if (wanted == "pred" || declared == "pred")
        {
            return wanted == declared;
        }

        var sizes = PtxModule.SizeOf(declared) - PtxModule.SizeOf(wanted);
        var isUntyped = wanted[0] == 'b' || declared[0] == 'b';
        var isSameClass = (wanted[0] == 'f') == (declared[0] == 'f');
        return (sizes == 0 && (isUntyped || isSameClass)) || (mayBeWider && sizes > 0 && wanted[0] != 'f' && declared[0] != 'f');
    }
}
