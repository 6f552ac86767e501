namespace PreferenceLosses.Text;

/// <summary>How strongly the outermost operator of a text binds; what binds less than its surroundings gets parentheses.</summary>
internal enum Binding
{
    Condition,
    Comparison,
    Sum,
    Product,
    Sign,
    Power,
    Call,
    Name,
}

/// <summary>What a text stands for: a comparison is no number yet, and in PyTorch a number is no tensor.</summary>
internal enum PieceKind
{
    Tensor,
    Number,
    Truth,
}

/// <summary>The text of one node of a formula.</summary>
/// <param name="Text">The text, without the sign.</param>
/// <param name="Binding">How strongly that text binds.</param>
/// <param name="IsNegative">Whether the node is minus the text: signs are carried outwards, to where they are shortest.</param>
/// <param name="Kind">What it stands for.</param>
internal readonly record struct Piece(string Text, Binding Binding, bool IsNegative = false, PieceKind Kind = PieceKind.Tensor)
{
    /// <summary>The factors of a product by what they are, where a notation puts numbers before letters before the rest.</summary>
    public IReadOnlyList<Factor> Factors { get; init; } = [];

    /// <summary>Of a truth value: the text of its opposite; null where there is none that is as short.</summary>
    public string? Opposite { get; init; }

    public Piece Negated => this with { IsNegative = !IsNegative };

    public Piece Magnitude => this with { IsNegative = false };
}

/// <summary>One factor of a product.</summary>
/// <param name="Text">The factor, in parentheses where it needs them.</param>
/// <param name="Place">Numbers come first, then hyper-parameters, then the rest.</param>
internal readonly record struct Factor(string Text, FactorPlace Place);

/// <summary>Where a factor stands in a product.</summary>
internal enum FactorPlace
{
    Number,
    Parameter,
    Rest,
}
