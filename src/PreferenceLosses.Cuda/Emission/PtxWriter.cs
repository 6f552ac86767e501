using System.Globalization;
using System.Text;

namespace PreferenceLosses.Cuda.Emission;

/// <summary>The classes of registers of PTX.</summary>
internal enum Register
{
    /// <summary>A condition.</summary>
    Predicate,

    /// <summary>32 bits: integers.</summary>
    Int,

    /// <summary>64 bits: addresses, and the bits of doubles.</summary>
    Long,

    /// <summary>A single-precision number.</summary>
    Single,

    /// <summary>A double-precision number.</summary>
    Double,
}

/// <summary>
/// Writes the body of one kernel. Every value gets a register of its own (the driver's compiler assigns the machine's), so an
/// operand is a string: a register, or the digits of a constant.
/// </summary>
internal sealed class PtxWriter
{
    private readonly StringBuilder body = new();
    private readonly int[] counts = new int[Enum.GetValues<Register>().Length];
    private int labels;

    /// <summary>A new register.</summary>
    public string New(Register register) =>
        string.Create(CultureInfo.InvariantCulture, $"%{Prefix(register)}{++counts[(int)register]}");

    /// <summary>A new label, unique in the kernel.</summary>
    public string Label(string name) => string.Create(CultureInfo.InvariantCulture, $"${name}_{++labels}");

    /// <summary>Writes an instruction that gives a value; returns its register.</summary>
    public string Op(Register register, string opcode, params ReadOnlySpan<string> sources)
    {
        var destination = New(register);
        body.Append('\t').Append(opcode).Append(' ').Append(destination);
        foreach (var source in sources)
        {
            body.Append(", ").Append(source);
        }

        body.Append(";\n");
        return destination;
    }

    /// <summary>Writes an instruction that gives none, or one that writes to a register that is there.</summary>
    public void Do(string instruction) => body.Append('\t').Append(instruction).Append(";\n");

    /// <summary>Writes a label.</summary>
    public void Place(string label) => body.Append(label).Append(":\n");

    /// <summary>A constant in single precision, as its bits.</summary>
    public static string Single(double value) =>
        string.Create(CultureInfo.InvariantCulture, $"0f{BitConverter.SingleToInt32Bits((float)value):X8}");

    /// <summary>A constant in double precision, as its bits.</summary>
    public static string Double(double value) =>
        string.Create(CultureInfo.InvariantCulture, $"0d{BitConverter.DoubleToInt64Bits(value):X16}");

    /// <summary>The declarations of the registers and the body.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var register in Enum.GetValues<Register>())
        {
            if (counts[(int)register] > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"\t.reg .{Type(register)} %{Prefix(register)}<{counts[(int)register] + 1}>;\n");
            }
        }

        return text.Append('\n').Append(body).ToString();
    }

    private static string Prefix(Register register) => register switch
    {
        Register.Predicate => "p",
        Register.Int => "r",
        Register.Long => "rd",
        Register.Single => "f",
        _ => "fd",
    };

    private static string Type(Register register) => register switch
    {
        Register.Predicate => "pred",
        Register.Int => "b32",
        Register.Long => "b64",
        Register.Single => "f32",
        _ => "f64",
    };
}
